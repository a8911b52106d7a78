using System.Text.Json;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Crash;

/// <summary>A location of the simulated Apple that is registered with the hubs under test.</summary>
internal sealed class RegisteredLocation(
    HubDatabase database,
    SimulatedApple apple,
    SimulatedLocation location,
    string locationId
)
{
    public string Id => locationId;

    /// <param name="options">More options of <c>locations add</c>.</param>
    public static async Task<RegisteredLocation> RegisterAsync(
        HubDatabase database,
        SimulatedApple apple,
        SimulatedLocation location,
        Uri hubs,
        params string[] options
    )
    {
        using var folder = new TemporaryFolder();
        var token = folder.File("location.vpptoken");
        await File.WriteAllTextAsync(token, location.ContentTokenFile);
        var run = await RunAsync(
            database,
            apple,
            ["add", $"--token-file={token}", $"--url={hubs}", "--json", .. options]
        );
        return new RegisteredLocation(
            database,
            apple,
            location,
            run.Json.GetProperty("location").GetProperty("id").GetString()!
        );
    }

    public Task RemoveAsync() => RunAsync(database, apple, ["remove", locationId]);

    /// <summary>Whether every notification is routed and no refetch target is pending.</summary>
    public async Task<bool> IsUpToDateAsync() =>
        await database.ScalarAsync<long>(
            """
            select
                (select count(*) from refetch_target where requested > fetched)
                + (select count(*) from notification_log where seq > (select position from log_cursor where name = 'routing'))
            """
        ) == 0;

    /// <summary>Compares Apple's records with the events and with the snapshot of <paramref name="hub"/>.</summary>
    public async Task ShouldMatchAppleAsync(Uri hub)
    {
        var expected = ConsumerCopy.LinesOf(location.ExportState());
        ConsumerCopy.Of(await ReadEventsAsync()).Lines().ShouldBe(expected);
        (await ReadSnapshotAsync(hub)).ShouldBe(expected);
    }

    private static async Task<CommandRun> RunAsync(HubDatabase database, SimulatedApple apple, string[] args)
    {
        var run = await CommandRun.RunAsync([
            "locations",
            .. args,
            // An MDM on loopback has no certificate.
            "--environment=Development",
            $"--Apple:BaseUrl={apple.BaseUrl}",
            .. database.Settings().Select(setting => $"--{setting}"),
        ]);
        run.ExitCode.ShouldBe(0, run.Error);
        return run;
    }

    private async Task<IReadOnlyList<EventEntry>> ReadEventsAsync()
    {
        await using var connection = await database.OpenReaderAsync();
        List<EventEntry> events = [];
        while (true)
        {
            var page = await EventLog.ReadPageAsync(
                connection,
                events is [.., var last] ? last.Seq : 0,
                new EventFilter(LocationId: locationId),
                int.MaxValue,
                CancellationToken.None
            );
            if (page.Count == 0)
            {
                return events;
            }

            events.AddRange(page);
        }
    }

    /// <summary>The records of <c>/snapshot</c> in the format of <see cref="ConsumerCopy"/>.</summary>
    private async Task<IEnumerable<string>> ReadSnapshotAsync(Uri hub)
    {
        using var http = new HttpClient { BaseAddress = hub };
        var assets = await http.GetStringAsync($"/snapshot/{locationId}/asset");
        var assignments = await http.GetStringAsync($"/snapshot/{locationId}/assignment");
        return Records(assets)
            .Select(row => $"assets/{row.GetProperty("key")} {Counts(row.GetProperty("record"))}")
            .Concat(Records(assignments).Select(row => $"assignments/{row.GetProperty("key")}"))
            .Order(StringComparer.Ordinal);

        static IEnumerable<JsonElement> Records(string lines) =>
            lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement);

        static string Counts(JsonElement asset) =>
            $"{asset.GetProperty("assignedCount")} {asset.GetProperty("availableCount")} {asset.GetProperty("totalCount")}";
    }
}
