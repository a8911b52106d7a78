using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Locations;

internal sealed partial class RegistrationScene
{
    private static int count;

    public T Service<T>()
        where T : notnull => Hub.Services.GetRequiredService<T>();

    public Task<RotateResult> RotateAsync(Location location, bool overwrite = false) =>
        Service<LocationRotation>().RotateAsync(location.LocationId, overwrite, CancellationToken.None);

    public async Task<LocationException> FailToRotateAsync(Location location) =>
        await Should.ThrowAsync<LocationException>(() => RotateAsync(location));

    /// <summary>Sends a delivery as Apple would now; the hub has loaded every stored secret.</summary>
    public Task<HttpStatusCode> PostAsAppleAsync(SimulatedLocation? library = null)
    {
        var configured = (library ?? Library).Configuration;
        return PostAsync(configured.NotificationUrl!, configured.NotificationAuthToken!, (library ?? Library).UId);
    }

    public async Task<HttpStatusCode> PostAsync(Uri url, string secret, string uId, string type = "ASSET_COUNT")
    {
        await Service<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        request.Content = new StringContent(
            TestLocation.Notification($"p-{Interlocked.Increment(ref count)}", uId, type)
        );
        using var response = await Hub.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Runs one pass of a monitor under its own lease.</summary>
    public async Task RunUnderLeaseAsync(Func<Lease, Task> pass)
    {
        var leases = Service<LeaseKeeper>();
        var lease = (await leases.TryAcquireAsync("test", CancellationToken.None))!;
        await pass(lease);
        await leases.ReleaseAsync(lease, CancellationToken.None);
    }

    /// <summary>Stores which secrets were used, and runs the secret lifecycle.</summary>
    public async Task RunSecretLifecycleAsync()
    {
        await Service<SecretUsageWriter>().WriteAsync(CancellationToken.None);
        await RunUnderLeaseAsync(lease => Service<SecretLifecycle>().RunAsync(lease, CancellationToken.None));
    }

    /// <summary>Moves all stored times back by a quarter of an hour, so that leases expire and secrets retire.</summary>
    public async Task LetTimePassAsync()
    {
        await Hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("update lease set expires_at = 0 where name like 'location:%'");
                await transaction.ExecuteAsync(
                    """
                    update notification_secret
                    set created_at = created_at - 900000, superseded_at = superseded_at - 900000
                    """
                );
            },
            CancellationToken.None
        );
        await RunSecretLifecycleAsync();
    }

    public Task ImportHasBegunAsync() =>
        Until.TrueAsync(
            async () => await ScalarAsync<long>("select count(*) from full_sync") > 0,
            "the import has begun"
        );

    /// <summary>Registers the location, and waits until its records are imported.</summary>
    public async Task<string> ImportAsync()
    {
        var location = (await RegisterAsync()).LocationId;
        await Until.TrueAsync(
            async () => (await EventsAsync("location.imported")).Count > 0,
            "the location is imported"
        );
        return location;
    }

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        Hub.Database.WriteAsync(transaction => transaction.ExecuteAsync(sql, parameters), CancellationToken.None);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) =>
        Hub.Database.WriteAsync(transaction => transaction.ScalarAsync<T>(sql, parameters), CancellationToken.None);
}
