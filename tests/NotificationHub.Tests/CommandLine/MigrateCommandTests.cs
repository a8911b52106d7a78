using System.Globalization;
using System.Net;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class MigrateCommandTests : IDisposable
{
    private static readonly string[] NotCompared =
    [
        "lease",
        "replica",
        "schema_journal",
        "change_counter",
        "audit_entry",
    ];

    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("first.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Migrate_creates_the_database_and_then_has_nothing_to_do()
    {
        var first = await CommandRun.OnAsync(Database, "migrate", "--json");
        var second = await CommandRun.OnAsync(Database, "migrate", "--json");

        first.ExitCode.ShouldBe(ExitCode.Ok, first.Error);
        first.Json.GetProperty("applied").EnumerateArray().First().GetString().ShouldBe("0001_initial");
        second.Json.GetProperty("applied").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task After_a_restore_no_event_ID_is_reused_and_consumers_miss_nothing()
    {
        await PostAsync(Database, "n-1", "n-2");
        var backup = folder.File("backup.db");
        File.Copy(Database, backup);
        await PostAsync(Database, "lost-1", "lost-2", "lost-3");
        var published = await EventsAsync(Database, after: 0);
        var last = published[^1].Sequence;

        var run = await CommandRun.OnAsync(backup, "migrate", "--after-restore", "--json");
        await PostAsync(backup, "n-3", "n-4");
        var afterwards = await EventsAsync(backup, after: last);

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        run.Json.GetProperty("epoch").GetInt64().ShouldBe(2);
        afterwards.Select(one => one.NotificationId).ShouldBe(["n-3", "n-4"]);
        afterwards.ShouldAllBe(one => one.Id.StartsWith("2-") && one.Sequence > last);
        afterwards.Select(one => one.Id).Intersect(published.Select(one => one.Id)).ShouldBeEmpty();
        // What the backup had keeps its ids, and a reader from the beginning gets across the gap.
        (await EventsAsync(backup, after: 0)).ShouldBe([.. published.Take(2), .. afterwards]);
    }

    [Theory]
    [InlineData("--after-restore")]
    [InlineData("--from-sqlite")]
    public async Task Migrate_refuses_a_database_that_a_hub_uses(string option)
    {
        await using var hub = await HubHost.StartAsync();
        var running = Path.Combine(hub.Folder, "hub.db");

        var run =
            option == "--from-sqlite"
                ? await CommandRun.OnAsync(Database, "migrate", "--from-sqlite", running)
                : await CommandRun.OnAsync(running, "migrate", option);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("A hub is running on");
    }

    [Fact]
    public async Task A_copy_contains_every_row_and_continues_the_logs()
    {
        await PostAsync(Database, "n-1", "n-2");
        await DeleteTailAsync(Database);
        var copy = folder.File("copy.db");

        var run = await CommandRun.OnAsync(copy, "migrate", "--from-sqlite", Database, "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        run.Json.GetProperty("copied").GetProperty("location").GetInt64().ShouldBe(1);
        (await ContentAsync(copy)).ShouldBe(await ContentAsync(Database));
        var old = await EventsAsync(copy, after: 0);
        await PostAsync(copy, "n-1", "n-3");
        var now = await EventsAsync(copy, after: 0);
        now.Count.ShouldBe(old.Count + 1);
        now[^1].NotificationId.ShouldBe("n-3");
        // The seq of the row that is gone is not given out again.
        now[^1].Id.ShouldBe("1-4");
    }

    [Fact]
    public async Task A_copy_requires_a_new_database()
    {
        await PostAsync(Database, "n-1");
        var other = folder.File("other.db");
        await PostAsync(other, "n-2");

        var run = await CommandRun.OnAsync(other, "migrate", "--from-sqlite", Database);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("is not new");
        (await EventsAsync(other, after: 0)).ShouldHaveSingleItem().NotificationId.ShouldBe("n-2");
    }

    [Fact]
    public async Task A_hub_does_not_start_on_an_incomplete_copy()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync(
            $"insert into schema_journal (name, sha256, applied_at) values ('{SchemaMigrator.UnfinishedCopy}', '', 1)"
        );

        var refusal = await Should.ThrowAsync<SchemaException>(() =>
            HubHost.StartAsync($"Storage:ConnectionString=Data Source={test.File}")
        );

        refusal.Message.ShouldContain("migrate --from-sqlite");
    }

    [Fact]
    public async Task Invalid_options_are_rejected_with_advice()
    {
        var both = await CommandRun.OnAsync(Database, "migrate", "--after-restore", "--from-sqlite", Database);
        var nothing = await CommandRun.OnAsync(Database, "migrate", "--from-sqlite", folder.File("absent.db"));
        var noBackup = await CommandRun.OnAsync(Database, "migrate", "--after-restore");

        both.ExitCode.ShouldBe(ExitCode.Usage);
        nothing.ExitCode.ShouldBe(ExitCode.NotFound);
        nothing.Error.ShouldContain("absent.db");
        noBackup.ExitCode.ShouldBe(ExitCode.NotFound);
        noBackup.Error.ShouldContain("restore the backup first");
    }

    private static async Task PostAsync(string database, params string[] ids)
    {
        await using var hub = await HubHost.StartAsync($"Storage:ConnectionString=Data Source={database}");
        var location = await TestLocation.AddOrFindAsync(hub, "2049025000431439");
        foreach (var id in ids)
        {
            using var response = await location.PostAsync(TestLocation.Notification(id));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await RoutedAsync(hub);
    }

    private static async Task<IReadOnlyList<PublishedEvent>> EventsAsync(string database, long after)
    {
        await using var hub = await HubHost.StartAsync($"Storage:ConnectionString=Data Source={database}");
        await RoutedAsync(hub);
        var lines = await hub.Http.GetStringAsync(
            string.Create(CultureInfo.InvariantCulture, $"/events?after={after}&limit=1000")
        );
        return
        [
            .. lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement)
                .Where(one => one.GetProperty("type").GetString()!.Contains("notification.test"))
                .Select(PublishedEvent.Parse),
        ];
    }

    private static Task RoutedAsync(HubHost hub) =>
        Until.TrueAsync(
            async () =>
            {
                await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
                return await connection.ExecuteScalarAsync<long>(
                        """
                        select count(*)
                        from notification_log
                        where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
                        """
                    ) == 0;
            },
            "all notifications are routed"
        );

    private static async Task DeleteTailAsync(string database)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        await connection.ExecuteAsync(
            """
            insert into event_log (topic, type, created_at, conflict, data)
            values ('hub', 'location.silent', 1, 0, x'7b7d');
            delete from event_log where seq = (select max(seq) from event_log);
            """
        );
    }

    private static async Task<string> ContentAsync(string database)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        var tables = (await StoreContent.TablesAsync(connection)).Except(NotCompared, StringComparer.Ordinal);
        return string.Join('\n', await StoreContent.LinesAsync(connection, tables));
    }

    private sealed record PublishedEvent(string Id, long Sequence, string? NotificationId)
    {
        public static PublishedEvent Parse(JsonElement one) =>
            new(
                one.GetProperty("id").GetString()!,
                long.Parse(one.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture),
                one.GetProperty("data").GetProperty("notificationId").GetString()
            );
    }
}
