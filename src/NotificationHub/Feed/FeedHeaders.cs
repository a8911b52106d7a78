namespace NotificationHub.Feed;

internal static class FeedHeaders
{
    /// <summary>The <c>seq</c> after which a consumer continues.</summary>
    public const string Sequence = "NotificationHub-Sequence";
}
