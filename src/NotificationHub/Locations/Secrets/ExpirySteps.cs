namespace NotificationHub.Locations.Secrets;

/// <summary>How many days before a content token's end somebody is told.</summary>
internal static class ExpirySteps
{
    private static readonly int[] Days = [1, 7, 15, 30];

    /// <summary>The nearest step that has been reached; null while the end is far, or not known.</summary>
    /// <param name="expiresAt">Unix milliseconds.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static int? Reached(long? expiresAt, long now) =>
        expiresAt is { } end
            ? Days.Where(days => end - now <= (long)TimeSpan.FromDays(days).TotalMilliseconds)
                .Select(days => (int?)days)
                .FirstOrDefault()
            : null;
}
