using System.Text.Json;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Crash;

/// <summary>A location of the simulated Apple that hubs have registered, and what is known of it.</summary>
internal sealed class AppleLibrary(HubDatabase database, SimulatedLocation location, string locationId)
{
    /// <param name="database">The hubs' database.</param>
    /// <param name="apple">Where it is registered.</param>
    /// <param name="location">Which.</param>
    /// <param name="hubs">The address that Apple is given.</param>
    public static async Task<AppleLibrary> RegisterAsync(
        HubDatabase database,
        SimulatedApple apple,
        SimulatedLocation location,
        Uri hubs
    )
    {
        using var folder = new TemporaryFolder();
        var token = folder.File("location.vpptoken");
        await File.WriteAllTextAsync(token, location.ContentTokenFile);
        var run = await CommandRun.RunAsync([
            "locations",
            "add",
            $"--token-file={token}",
            $"--url={hubs}",
            $"--Apple:BaseUrl={apple.BaseUrl}",
            "--json",
            .. database.Settings().Select(setting => $"--{setting}"),
        ]);
        run.ExitCode.ShouldBe(0, run.Error);
        return new AppleLibrary(database, location, run.Json.GetProperty("location").GetProperty("id").GetString()!);
    }

    /// <summary>Nothing waits to be read from Apple.</summary>
    public async Task<bool> IsReadAsync() =>
        await database.ScalarAsync<long>(
            """
            select
                (select count(*) from refetch_target where requested > fetched)
                + (select count(*) from notification_log where seq > (select position from log_cursor where name = 'routing'))
            """
        ) == 0;

    /// <summary>What the events tell and what the hub gives as its snapshot is what Apple has.</summary>
    public async Task ShouldBeKnownAsync(Uri hub)
    {
        var truth = ConsumerCopy.LinesOf(location.ExportState());
        ConsumerCopy.Of(await ReadEventsAsync()).Lines().ShouldBe(truth);
        (await ReadSnapshotAsync(hub)).ShouldBe(truth);
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

    /// <summary>What <c>/snapshot</c> gives, in the words of <see cref="ConsumerCopy"/>.</summary>
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
