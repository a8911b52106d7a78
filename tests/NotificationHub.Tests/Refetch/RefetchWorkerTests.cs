using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Refetch;

/// <summary>The whole hub with a simulated Apple.</summary>
public sealed class RefetchWorkerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TestDatabase store = null!;
    private SimulatedApple apple = null!;
    private readonly LogLines log = new();
    private WebApplication hub = null!;

    public async ValueTask InitializeAsync()
    {
        store = await TestDatabase.OpenAsync();
        apple = await SimulatedApple.StartAsync(new SimulatedAppleOptions { EnforceRate = false });
        hub = HubApplication.Build(
            [
                "--urls=http://127.0.0.1:0",
                $"--Storage:ConnectionString=Data Source={store.File}",
                $"--Apple:BaseUrl={apple.BaseUrl}",
                "--Refetch:QuietPeriod=00:00:00.1",
                "--FullSync:Enabled=false",
            ],
            builder => builder.Logging.AddProvider(log)
        );
        await hub.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await apple.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Requested_records_of_every_location_are_read()
    {
        for (var i = 0; i < 5; i++)
        {
            (await RegisterAsync($"location-{i}")).AddAsset("1");
        }

        await RequestAsync([
            .. Enumerable.Range(0, 5).Select(i => new MergedRequest($"location-{i}", RecordKind.Asset, "1/STDQ")),
        ]);
        await WaitForEventsAsync(5);

        apple.Requests.Count("/assets").ShouldBe(5);
    }

    [Fact]
    public async Task A_burst_of_one_location_does_not_delay_the_single_change_of_another()
    {
        var busy = await RegisterAsync("busy");
        (await RegisterAsync("single")).AddAsset("1");
        for (var i = 0; i < 60; i++)
        {
            busy.AddAsset(i.ToString(CultureInfo.InvariantCulture));
        }

        await RequestAsync([
            .. Enumerable.Range(0, 60).Select(i => new MergedRequest("busy", RecordKind.Asset, $"{i}/STDQ")),
        ]);
        await WaitForEventsAsync(1);
        await RequestAsync([new MergedRequest("single", RecordKind.Asset, "1/STDQ")]);
        await WaitForAsync("select count(*) from event_log where location_id = 'single'", 1);

        (
            await store.ScalarAsync<long>("select count(*) from refetch_target where requested > fetched")
        ).ShouldBePositive("the burst is still being read");
    }

    [Fact]
    public async Task An_unexpected_error_while_finding_work_does_not_stop_the_hub()
    {
        (await RegisterAsync("location-1")).AddAsset("1");
        var logged = log.Next("Could not query due refetch targets");
        // No integer, and in the past: a time far ahead, or a text, would be deleted when due times are reset at the start.
        await SetPauseAsync("0.5");
        await RequestAsync([new MergedRequest("location-1", RecordKind.Asset, "1/STDQ")]);
        await logged.WaitAsync(Patience);

        await SetPauseAsync("null");
        await WaitForEventsAsync(1);
    }

    private Task SetPauseAsync(string value) =>
        Database.WriteAsync(
            transaction => transaction.ExecuteAsync($"update location set paused_until = {value}"),
            CancellationToken.None
        );

    private async Task<SimulatedLocation> RegisterAsync(string locationId)
    {
        var simulated = apple.AddLocation();
        var protector = hub.Services.GetRequiredService<ContentTokenProtector>();
        await Database.WriteAsync(
            transaction =>
                LocationStore.SaveAsync(
                    transaction,
                    new Location
                    {
                        LocationId = locationId,
                        UId = simulated.UId,
                        StateName = LocationState.Valid.ToWireName(),
                        StateSince = At(0),
                        ReceiveOnly = false,
                        ContentToken = protector.Protect(ContentToken.Parse(simulated.ContentTokenFile)),
                        CreatedAt = At(0),
                    }
                ),
            CancellationToken.None
        );
        return simulated;
    }

    private Database Database => hub.Services.GetRequiredService<Database>();

    private Task RequestAsync(IReadOnlyCollection<MergedRequest> requests) =>
        Database.WriteAsync(
            transaction =>
                hub.Services.GetRequiredService<RefetchTargets>()
                    .RequestAsync(transaction, requests, TimeProvider.System.GetUtcNow()),
            CancellationToken.None
        );

    private Task WaitForEventsAsync(int count) =>
        WaitForAsync("select count(*) from event_log where type = 'asset.changed'", count);

    private async Task WaitForAsync(string countSql, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var appended = Database.Signals.EventsAppended.Next;
            if (await store.ScalarAsync<long>(countSql) >= count)
            {
                return;
            }

            await appended.WaitAsync(patience.Token);
        }
    }
}
