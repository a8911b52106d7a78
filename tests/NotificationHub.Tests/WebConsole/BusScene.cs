using System.Text;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.WebConsole;

/// <summary>What the pages of topics, dead letters and replays show.</summary>
internal static class BusScene
{
    /// <summary>Appends events of the topic <c>assets</c>.</summary>
    public static Task AppendAsync(this TestHub hub, int count) =>
        hub.Database.AppendEventsAsync([
            .. Enumerable
                .Range(1, count)
                .Select(number => new NewEvent
                {
                    Type = "asset.changed",
                    LocationId = "north",
                    Data = Encoding.UTF8.GetBytes($$"""{"number":{{number}}}"""),
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                }),
        ]);

    /// <summary>Appends events, and waits until the topic has accepted them.</summary>
    public static async Task PublishAsync(this TestHub hub, int count)
    {
        await hub.AppendAsync(count);
        await Until.TrueAsync(
            async () =>
                await hub.Database.ReadAsync(
                    async connection =>
                        await TopicLog.ReadPositionAsync(connection, "assets")
                        == await EventLog.ReadLastAsync(connection),
                    CancellationToken.None
                ),
            "the events are published"
        );
    }

    /// <summary>Declares published events to be dead letters, as if the topic had rejected them.</summary>
    public static Task RejectAsync(this TestHub hub, params long[] seqs) =>
        hub.Database.WriteAsync(
            async transaction =>
            {
                foreach (var seq in seqs)
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                        values (@seq, 'assets', 'open', 'The message is malformed.', 1750000000000)
                        """,
                        new { seq }
                    );
                }
            },
            CancellationToken.None
        );

    public static Task<IReadOnlyList<AuditEntry>> ReadAuditAsync(this TestHub hub) =>
        hub.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after: null, limit: 100),
            CancellationToken.None
        );
}
