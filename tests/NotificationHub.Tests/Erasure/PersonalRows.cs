using System.Text;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Erasure;

/// <summary>Rows about Ann, her device and others, besides the notifications.</summary>
internal static class PersonalRows
{
    public static Task RecordAsync(Database database, string location) =>
        database.WriteAsync(
            async transaction =>
            {
                await SnapshotAsync(
                    transaction,
                    location,
                    "user",
                    "ann%2F7%25",
                    """{"clientUserId":"ann/7%","email":"ann@example.com"}"""
                );
                await SnapshotAsync(
                    transaction,
                    location,
                    "user",
                    "ann%2F7%25/retired/0f1e",
                    """{"clientUserId":"ann/7%","email":"ann@old.example","status":"Retired"}"""
                );
                await SnapshotAsync(transaction, location, "user", "bob", """{"clientUserId":"bob"}""");
                await SnapshotAsync(transaction, location, "assignment", "408709785/STDQ/user:ann/7%", data: null);
                await SnapshotAsync(
                    transaction,
                    location,
                    "assignment",
                    "408709785/STDQ/serial:C39NQ0AAPUR7",
                    """{"serialNumber":"C39NQ0AAPUR7"}"""
                );
                await SnapshotAsync(
                    transaction,
                    location,
                    "assignment",
                    "408709785/STDQ/serial:C39NQ0AAPUR77",
                    """{"serialNumber":"C39NQ0AAPUR77"}"""
                );
                await SnapshotAsync(
                    transaction,
                    location,
                    "subscription-assignment",
                    "77/ann/7%",
                    """{"clientUserId":"ann/7%"}"""
                );
                await TargetAsync(transaction, location, "user", "ann/7%", holders: null, expects: """["+"]""");
                await TargetAsync(
                    transaction,
                    location,
                    "assignment",
                    "1/STDQ",
                    """["serial:C39NQ0AAPUR7","user:ann/7%"]""",
                    """["+user:ann/7%"]"""
                );
                await TargetAsync(
                    transaction,
                    location,
                    "assignment",
                    "2/STDQ",
                    """["serial:C39NQ0AAPUR7","user:bob"]""",
                    """["-serial:C39NQ0AAPUR7"]"""
                );
                await TargetAsync(
                    transaction,
                    location,
                    "subscription-assignment",
                    "77",
                    holders: null,
                    expects: """["+ann/7%","+bob"]"""
                );
                await transaction.ExecuteAsync(
                    """
                    insert into operation
                        (event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls, closed_at, report)
                    values ('e-9', @location, 'failed', 0, @now, 1, 0, 1, 0, 0, 0, @now, @report)
                    """,
                    new
                    {
                        location,
                        now = await transaction.NowAsync(),
                        report = """{"failures":[{"errorMessage":"C39NQ0AAPUR7 is retired","items":[{"serialNumber":"C39NQ0AAPUR7"},{"clientUserId":"ann/7%"}]}]}""",
                    }
                );
                transaction.AppendEvents(
                    await EventsAsync(transaction, location),
                    seqs =>
                        transaction.ExecuteAsync(
                            """
                            insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                            values (@seq, 'users', 'open', 'no: ann/7%, ann@old.example, C39NQ0AAPUR7', 0)
                            """,
                            new { seq = seqs[0] }
                        )
                );
            },
            CancellationToken.None
        );

    private static async Task<IReadOnlyCollection<NewEvent>> EventsAsync(WriteTransaction transaction, string location)
    {
        var now = await transaction.NowAsync();
        NewEvent Of(string type, string subject, string data) =>
            new()
            {
                Type = type,
                LocationId = location,
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

    private static async Task SnapshotAsync(
        WriteTransaction transaction,
        string location,
        string kind,
        string key,
        string? data
    ) =>
        await transaction.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
            values (@location, @kind, @key, @data, 1, 1, @now)
            """,
            new
            {
                location,
                kind,
                key,
                data,
                now = await transaction.NowAsync(),
            }
        );

    private static Task TargetAsync(
        WriteTransaction transaction,
        string location,
        string kind,
        string key,
        string? holders,
        string? expects
    ) =>
        transaction.ExecuteAsync(
            """
            insert into refetch_target
                (location_id, kind, "key", requested, fetched, holders, first_requested_at, last_requested_at, due_at, max_wait, attempts, expects)
            values (@location, @kind, @key, 1, 0, @holders, 0, 0, 0, 0, 0, @expects)
            """,
            new
            {
                location,
                kind,
                key,
                holders,
                expects,
            }
        );

    /// <summary>The columns of all tables that contain one of the texts.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(Database database, IEnumerable<string> traces)
    {
        byte[][] needles =
        [
            .. traces.SelectMany(trace => new[] { Encoding.UTF8.GetBytes(trace), Encoding.Unicode.GetBytes(trace) }),
        ];
        List<string> found = [];
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        foreach (var table in await StoreContent.TablesAsync(connection))
        {
            found.AddRange(
                from row in await StoreContent.RowsAsync(connection, table)
                from cell in row
                where needles.Any(needle => BytesOf(cell.Value).AsSpan().IndexOf(needle) >= 0)
                select $"{table}.{cell.Key}"
            );
        }

        return [.. found.Distinct().Order(StringComparer.Ordinal)];
    }

    private static byte[] BytesOf(object? cell) =>
        cell switch
        {
            byte[] bytes => bytes,
            string text => Encoding.UTF8.GetBytes(text),
            _ => [],
        };
}
