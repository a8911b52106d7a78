using Dapper;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

public sealed class SecretUsageTests
{
    [Fact]
    public async Task Notifications_are_counted_for_the_secret_they_arrived_with()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await location.AddSecretAsync("another");
        await RefreshAsync(hub);
        await location.PostAsync(TestLocation.Notification("a"));
        await location.PostAsync(TestLocation.Notification("b"));
        await location.PostAsync(new StringContent(TestLocation.Notification("c")), "another");
        await location.PostAsync(new StringContent(TestLocation.Notification("d")), "wrong");

        await WriteAsync(hub);
        await WriteAsync(hub);

        (await CountsAsync(hub)).ShouldBe([2, 1]);
    }

    [Fact]
    public async Task Counts_survive_a_change_of_locations_and_a_shutdown()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await location.PostAsync(TestLocation.Notification("a"));
        await location.AddSecretAsync("another");
        await RefreshAsync(hub);
        await location.PostAsync(TestLocation.Notification("b"));

        await hub.StopAsync();

        var after = new HubDatabase(hub.Store);
        (await after.ScalarAsync<long>("select max(use_count) from notification_secret")).ShouldBe(2);
    }

    [Fact]
    public void Counts_that_could_not_be_stored_are_stored_next_time()
    {
        var touched = new System.Collections.Concurrent.ConcurrentQueue<SecretUsage>();
        var use = new SecretUsage(7, touched);
        use.Record(At(100), isTest: false);
        touched.TryDequeue(out _).ShouldBeTrue();
        var taken = use.Take();
        use.Record(At(200), isTest: true);

        use.Return(taken);

        touched.ShouldHaveSingleItem();
        use.Take().ShouldBe(new SecretUsageCounts(7, Count: 2, LastAt: At(200), ProvenAt: At(100), ProvenCount: 1));
    }

    private static Task RefreshAsync(HubHost hub) =>
        hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);

    private static Task WriteAsync(HubHost hub) =>
        hub.Services.GetRequiredService<SecretUsageWriter>().WriteAsync(CancellationToken.None);

    private static async Task<IEnumerable<long>> CountsAsync(HubHost hub)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        return await connection.QueryAsync<long>("select use_count from notification_secret order by secret_id");
    }
}
