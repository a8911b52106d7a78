namespace NotificationHub.Storage.Maintenance;

/// <summary>The last <c>seq</c> that each log has given out, whether its row is still there or not.</summary>
internal sealed record LogSeqs(long Notifications, long Events)
{
    public static async Task<LogSeqs> ReadAsync(WriteTransaction transaction)
    {
        var (notifications, events) = await transaction.FirstOrDefaultAsync<(long, long)>(transaction.Sql("ReadSeqs"));
        return new LogSeqs(notifications, events);
    }
}
