namespace NotificationHub.Retention;

/// <summary>How much of a log nobody needs any more.</summary>
/// <param name="Last">The last <c>seq</c> that may go.</param>
/// <param name="HeldBy">What needs the one behind it, in words; null where nothing does.</param>
internal readonly record struct LogBound(long Last, string? HeldBy)
{
    public static readonly LogBound None = new(long.MaxValue, null);

    public LogBound OrBefore(long? needed, string by) =>
        needed is { } seq && seq <= Last ? new LogBound(seq - 1, by) : this;
}
