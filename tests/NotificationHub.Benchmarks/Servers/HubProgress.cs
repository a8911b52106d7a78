using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>How far the hub's stages have come, read from its database.</summary>
internal sealed record HubProgress(long Posts, long Routed, long Events, long Published)
{
    public bool IsDrained => Routed == Posts && Published == Events;

    public static async Task<HubProgress> ReadAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly");
        return await connection.QuerySingleAsync<HubProgress>(
            """
            select
                coalesce((select max(seq) from notification_log), 0) Posts,
                coalesce((select position from log_cursor where name = 'routing'), 0) Routed,
                coalesce((select max(seq) from event_log where topic = 'assets'), 0) Events,
                coalesce((select position from log_cursor where name = 'publishing:assets'), 0) Published
            """
        );
    }
}
