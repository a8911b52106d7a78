using System.Diagnostics;
using System.Text.RegularExpressions;
using NotificationHub.Benchmarks.Growth;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks.Browsing;

/// <summary>Measures how long the pages of the console take beside a long log.</summary>
internal sealed partial class BrowsingRun(BrowsingOptions options, GrowthEngine engine)
{
    private const double MaxMilliseconds = 300;
    private const int ChangesPerTransaction = 1_000;
    private const int Apps = 100;
    private const string Absent = "C00NOTTHERE";

    /// <summary>Each page, also with conditions that match nothing, so that the search ends when its time is over.</summary>
    private IReadOnlyList<Visit> Visits =>
        [
            new("/console"),
            new("/console/notifications"),
            new("/console/notifications?location=elsewhere"),
            new("/console/notifications?type=NONE"),
            new("/console/notifications?disposition=rejected"),
            new("/console/notifications?since=2020-01-01T00:00&until=2020-01-02T00:00"),
            new("/console/notifications?notificationId=none"),
            new("/console/notifications?eventId=none"),
            new("/console/notifications?adamId=1"),
            new("/console/notifications", "find-person", "SerialNumber"),
            new($"/console/notifications?before={options.Notifications / 2}&adamId=1"),
            new($"/console/notifications/{options.Notifications / 2}"),
            new("/console/events"),
            new("/console/events?type=user.changed"),
            new("/console/events?adamId=1"),
            new($"/console/events/{options.Notifications / 2}"),
            new("/console/records?adamId=7"),
            new("/console/records", "find-person", "SerialNumber"),
            new("/console/records", "find-person", "ClientUserId"),
            new($"/console/records/history/{options.Notifications + options.Changes}"),
            new($"/console/records/current?location={HubServer.LocationId}"),
            new("/console/topics"),
            new("/console/topics/assets"),
            new("/console/dead-letters"),
            new("/console/replays"),
            new("/console/replays/start?topic=assets&after=0&count=true"),
            new("/console/locations"),
            new($"/console/locations/{HubServer.LocationId}"),
            new("/console/operations"),
            new("/console/audit"),
            new("/console/runbook"),
            new("/console/settings"),
        ];

    public async Task<bool> RunAsync()
    {
        var store = await engine.CreateAsync(options.Notifications, routed: true);
        await AddChangesAsync(store);
        using var bus = await ServerProcess.StartAsync("bus");
        using var hub = await ServerProcess.StartHubAsync(
            store,
            bus.FirstLine,
            // The console is then open to this machine.
            "--environment=Development",
            "--Logging:LogLevel:Default=Error",
            "--Retention:Events=3650.00:00:00",
            "--Retention:Notifications=3650.00:00:00"
        );
        using var http = new HttpClient { BaseAddress = new Uri(hub.FirstLine) };
        var table = CreateTable("page", "p50 ms", "slowest ms");
        var isFast = true;
        foreach (var visit in Visits)
        {
            // The first request compiles the page.
            await MeasureAsync(http, visit);
            List<double> times = [];
            for (var request = 0; request < options.Requests; request++)
            {
                times.Add(await MeasureAsync(http, visit));
            }

            isFast &= Median(times) <= MaxMilliseconds;
            table.AddRow(
                Markup.Escape(visit.Field is null ? visit.Path : $"{visit.Path}, search by {visit.Field}"),
                Number(Median(times), "0.0"),
                Number(times.Max(), "0.0")
            );
        }

        AnsiConsole.Write(table);
        return isFast;
    }

    private static async Task<double> MeasureAsync(HttpClient http, Visit visit)
    {
        using var request = await CreateRequestAsync(http, visit);
        var started = Stopwatch.GetTimestamp();
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        response.EnsureSuccessStatusCode();
        return time;
    }

    private static async Task<HttpRequestMessage> CreateRequestAsync(HttpClient http, Visit visit)
    {
        if (visit.Field is null)
        {
            return new HttpRequestMessage(HttpMethod.Get, visit.Path);
        }

        var page = await http.GetStringAsync(visit.Path);
        return new HttpRequestMessage(HttpMethod.Post, visit.Path)
        {
            Content = new FormUrlEncodedContent([
                new("_handler", visit.Form),
                new("__RequestVerificationToken", Token().Match(page).Groups["token"].Value),
                new(visit.Field, Absent),
            ]),
        };
    }

    private async Task AddChangesAsync(StoreSettings store)
    {
        await using var database = store.Open();
        await database.OpenBesideAsync(CancellationToken.None);
        for (var first = 0; first < options.Changes; first += ChangesPerTransaction)
        {
            NewEvent[] changes =
            [
                .. Enumerable.Range(first, Math.Min(ChangesPerTransaction, options.Changes - first)).Select(Change),
            ];
            await database.WriteAsync(
                transaction =>
                {
                    transaction.AppendEvents(changes);
                    return Task.CompletedTask;
                },
                CancellationToken.None
            );
        }
    }

    private static NewEvent Change(int number) =>
        new()
        {
            Type = RecordKind.Assignment.EventName,
            LocationId = HubServer.LocationId,
            Subject = FormattableString.Invariant($"assignments/{number % Apps}/STDQ/serial:C{number / Apps:D10}"),
            AdamId = FormattableString.Invariant($"{number % Apps}"),
            Data = """{"before":null,"after":{"adamId":"1"},"change":"added","cause":"baseline"}"""u8.ToArray(),
            Change = RecordChanges.Added,
            Cause = RecordChanges.Baseline,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Token();

    /// <param name="Field">The field of the form to fill; null to request the page only.</param>
    private sealed record Visit(string Path, string? Form = null, string? Field = null);
}
