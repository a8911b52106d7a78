using System.Text;
using Dapper;
using Microsoft.AspNetCore.Builder;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Hosting.Privacy;

/// <summary>A hub that has Ann, her device and others in every place where somebody can be named.</summary>
internal sealed class PurgeScene : IAsyncDisposable
{
    public const string Ann = "ann/7%";
    public const string Device = "C39NQ0AAPUR7";
    public const string Email = "ann@example.com";

    /// <summary>All that says who Ann is, as it may stand in a database.</summary>
    public static readonly IReadOnlyList<string> AnnsTraces =
    [
        Ann,
        "ann\\/7%",
        "ann%2F7%25",
        Email,
        "ann@old.example",
        "leSKk3IaE2vk2KLmv2k3",
        "f551b37da07146628e8dcbe0111f0364",
    ];

    public static readonly IReadOnlyList<string> DevicesTraces = [Device];

    private PurgeScene(HubHost hub, TestLocation location, TestLocation other)
    {
        Hub = hub;
        Location = location;
        Other = other;
    }

    public HubHost Hub { get; }

    public TestLocation Location { get; }

    /// <summary>A location that knows Ann, too.</summary>
    public TestLocation Other { get; }

    public static async Task<PurgeScene> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var hub = await HubHost.StartAsync(configure);
        var scene = new PurgeScene(hub, await hub.AddLocationAsync("1"), await hub.AddLocationAsync());
        foreach (var body in Bodies)
        {
            (await scene.Location.PostAsync(body)).Dispose();
        }

        var elsewhere = Encoding
            .UTF8.GetString(Bodies[0])
            .Replace("\"uId\":\"1\"", "\"uId\":\"2\"", StringComparison.Ordinal);
        (await scene.Other.PostAsync(elsewhere)).Dispose();
        await scene.RecordAsync();
        await Until.TrueAsync(scene.IsRoutedAsync, "all is routed");
        return scene;
    }

    /// <summary>What is posted: notifications that fit, one that does not, and posts that are no JSON.</summary>
    public static IReadOnlyList<byte[]> Bodies { get; } =
    [
        Text(
            """
            {"notificationId":"n-1","notificationType":"USER_ASSOCIATED","uId":"1","notification":{"associatedUsers":[
              {"email":"ann@example.com","clientUserId":"ann\/7%","inviteCode":"f551b37da07146628e8dcbe0111f0364","status":"Associated","idHash":"leSKk3IaE2vk2KLmv2k3/200D3="},
              {"clientUserId":"bob","email":"bob@example.com","status":"Associated"}]}}
            """
        ),
        Text(
            """{"notificationId":"n-2","notificationType":"USER_MANAGEMENT","uId":"1","notification":{"type":"UPDATE","result":"FAILURE","eventId":"e-1","users":[{"clientUserId":"ann/7%","status":"Registered"}],"error":{"errorNumber":9609,"errorMessage":"User ann/7% (ann@example.com, f551b37da07146628e8dcbe0111f0364) is not known."}}}"""
        ),
        Text(
            """{"notificationId":"n-3","notificationType":"ASSET_MANAGEMENT","uId":"1","notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"e-2","assignments":[{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C39NQ0AAPUR7"},{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C39NQ0AAPUR77"},{"adamId":"408709785","pricingParam":"STDQ","clientUserId":"ann/7%"}]}}"""
        ),
        Text(
            """{"notificationId":"n-4","notificationType":"BUNDLE_COUNT","uId":"1","of":{"ann/7%":["C39NQ0AAPUR7"]}}"""
        ),
        Text("not JSON: ann@example.com has C39NQ0AAPUR7, says ann/7%"),
        Encoding.Unicode.GetBytes("wide: ann/7% ann@example.com C39NQ0AAPUR7"),
        Text("""{"notificationId":"n-5","notificationType":"TEST_NOTIFICATION","notification":{},"uId":"1"}"""),
    ];

    public async Task<bool> IsRoutedAsync() =>
        await ScalarAsync<long>(
            """
            select count(*)
            from notification_log
            where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
            """
        ) == 0;

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await Hub.Database.OpenReaderAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<T>(sql);
    }

    /// <summary>Where these texts stand in any column of any table.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(IEnumerable<string> traces)
    {
        byte[][] needles =
        [
            .. traces.SelectMany(trace => new[] { Encoding.UTF8.GetBytes(trace), Encoding.Unicode.GetBytes(trace) }),
        ];
        List<string> found = [];
        await using var connection = await Hub.Database.OpenReaderAsync(CancellationToken.None);
        foreach (
            var table in await connection.QueryAsync<string>("select name from sqlite_master where type = 'table'")
        )
        {
            foreach (IDictionary<string, object> row in await connection.QueryAsync($"select * from \"{table}\""))
            {
                found.AddRange(
                    from cell in row
                    where needles.Any(needle => BytesOf(cell.Value).AsSpan().IndexOf(needle) >= 0)
                    select $"{table}.{cell.Key}"
                );
            }
        }

        return [.. found.Distinct().Order(StringComparer.Ordinal)];
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings(""));

    private static byte[] BytesOf(object? cell) =>
        cell switch
        {
            byte[] bytes => bytes,
            string text => Encoding.UTF8.GetBytes(text),
            _ => [],
        };

    private Task RecordAsync() =>
        Hub.Database.WriteAsync(
            async transaction =>
            {
                await SnapshotAsync(
                    transaction,
                    "user",
                    "ann%2F7%25",
                    """{"clientUserId":"ann/7%","email":"ann@example.com"}"""
                );
                await SnapshotAsync(
                    transaction,
                    "user",
                    "ann%2F7%25/retired/0f1e",
                    """{"clientUserId":"ann/7%","email":"ann@old.example","status":"Retired"}"""
                );
                await SnapshotAsync(transaction, "user", "bob", """{"clientUserId":"bob"}""");
                await SnapshotAsync(transaction, "assignment", "408709785/STDQ/user:ann/7%", data: null);
                await SnapshotAsync(
                    transaction,
                    "assignment",
                    "408709785/STDQ/serial:C39NQ0AAPUR7",
                    """{"serialNumber":"C39NQ0AAPUR7"}"""
                );
                await SnapshotAsync(
                    transaction,
                    "assignment",
                    "408709785/STDQ/serial:C39NQ0AAPUR77",
                    """{"serialNumber":"C39NQ0AAPUR77"}"""
                );
                await SnapshotAsync(
                    transaction,
                    "subscription-assignment",
                    "77/ann/7%",
                    """{"clientUserId":"ann/7%"}"""
                );
                await TargetAsync(transaction, "user", "ann/7%", holders: null, expects: """["+"]""");
                await TargetAsync(
                    transaction,
                    "assignments",
                    "1/STDQ",
                    """["serial:C39NQ0AAPUR7","user:ann/7%"]""",
                    """["+user:ann/7%"]"""
                );
                await TargetAsync(
                    transaction,
                    "assignments",
                    "2/STDQ",
                    """["serial:C39NQ0AAPUR7","user:bob"]""",
                    """["-serial:C39NQ0AAPUR7"]"""
                );
                await TargetAsync(
                    transaction,
                    "subscription-assignments",
                    "77",
                    holders: null,
                    expects: """["+ann/7%","+bob"]"""
                );
                await transaction.ExecuteAsync(
                    """
                    insert into operation
                        (event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls, closed_at, report)
                    values ('e-9', @Id, 'failed', 0, @now, 1, 0, 1, 0, 0, 0, @now, @report)
                    """,
                    new
                    {
                        Location.Id,
                        now = await transaction.NowAsync(),
                        report = """{"failures":[{"errorMessage":"C39NQ0AAPUR7 is retired","items":[{"serialNumber":"C39NQ0AAPUR7"},{"clientUserId":"ann/7%"}]}]}""",
                    }
                );
                var seqs = await EventLog.AppendAsync(transaction, Hub.Database, await EventsAsync(transaction));
                await transaction.ExecuteAsync(
                    """
                    insert into dead_letter (event_seq, topic, state, reason, refused_at)
                    values (@seq, 'users', 'open', 'no: ann/7%, ann@old.example, C39NQ0AAPUR7', 0)
                    """,
                    new { seq = seqs[0] }
                );
            },
            CancellationToken.None
        );

    private async Task<IReadOnlyCollection<NewEvent>> EventsAsync(WriteTransaction transaction)
    {
        var now = await transaction.NowAsync();
        NewEvent Of(string type, string subject, string data) =>
            new()
            {
                Type = type,
                LocationId = Location.Id,
                Subject = subject,
                Data = Encoding.UTF8.GetBytes(data),
                CreatedAt = now,
            };

        return
        [
            Of(
                "user.changed",
                "users/ann%2F7%25",
                """{"before":null,"after":{"clientUserId":"ann/7%","email":"ann@example.com","status":"Registered"},"change":"added","cause":"reconcile"}"""
            ),
            Of(
                "assignment.changed",
                "assignments/408709785/STDQ/serial:C39NQ0AAPUR7",
                """{"before":{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C39NQ0AAPUR7"},"after":null,"change":"removed","cause":"reconcile"}"""
            ),
            Of(
                "subscription-assignment.changed",
                "subscription-assignments/77/ann/7%",
                """{"before":null,"after":{"adamId":"77","clientUserId":"ann/7%","renewing":true},"change":"added","cause":"reconcile"}"""
            ),
        ];
    }

    private Task SnapshotAsync(WriteTransaction transaction, string kind, string key, string? data) =>
        transaction.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            values (@Id, @kind, @key, @data, 1, 1, unixepoch('subsec') * 1000)
            """,
            new
            {
                Location.Id,
                kind,
                key,
                data,
            }
        );

    private Task TargetAsync(
        WriteTransaction transaction,
        string resource,
        string key,
        string? holders,
        string? expects
    ) =>
        transaction.ExecuteAsync(
            """
            insert into refetch_target
                (location_id, resource, key, requested, fetched, holders, first_requested_at, last_requested_at, due_at, max_wait, attempts, expects)
            values (@Id, @resource, @key, 1, 0, @holders, 0, 0, 0, 0, 0, @expects)
            """,
            new
            {
                Location.Id,
                resource,
                key,
                holders,
                expects,
            }
        );
}
