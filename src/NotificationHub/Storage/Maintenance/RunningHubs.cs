namespace NotificationHub.Storage.Maintenance;

/// <summary>What must not be done to a database while a hub runs on it.</summary>
internal static class RunningHubs
{
    /// <summary>A hub shows itself every two seconds.</summary>
    private const long SilentMilliseconds = 5_000;

    /// <summary>A replica with a later last-seen time than this stopped before the clock was set back.</summary>
    public const long FutureMilliseconds = 10 * 60_000;

    /// <exception cref="DatabaseOpenException">One does.</exception>
    public static async Task RefuseAsync(WriteTransaction transaction, Database database, string what)
    {
        var now = await transaction.NowAsync();
        var running = await transaction.QueryAsync<string>(
            "select replica_id from replica where seen_at > @since and seen_at <= @until order by replica_id",
            new { since = now - SilentMilliseconds, until = now + FutureMilliseconds }
        );
        if (running.Count > 0)
        {
            throw new DatabaseOpenException(
                $"A hub runs on {database.Place} ({string.Join(", ", running)}). Stop every hub, and {what} then. Nothing was changed."
            );
        }
    }
}
