using System.Net.Http.Json;
using NotificationHub.Storage;

namespace NotificationHub.Drill;

/// <summary>Calls the admin API, like the commands of the same names.</summary>
internal sealed class HubOperator(DrillScene scene, Func<HttpClient> http)
{
    public Task RenewContentTokenAsync(CancellationToken cancellationToken)
    {
        scene.Location.IssueContentToken(scene.Time.Clock.GetUtcNow().AddYears(1));
        return PostAsync("renew-token", new { contentToken = scene.Location.ContentTokenFile }, cancellationToken);
    }

    /// <summary>Requests a reconciliation, and waits until it has ended.</summary>
    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var requestedAt = scene.Time.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await PostAsync("reconcile", body: null, cancellationToken);
        await scene.Time.UntilAsync(
            async () =>
                await scene.Database.ScalarAsync<long>(
                    "select count(*) from full_sync where finished_at is null or finished_at < @requestedAt",
                    new { requestedAt },
                    cancellationToken
                ) == 0,
            "the reconciliation has ended",
            cancellationToken
        );
    }

    private async Task PostAsync(string action, object? body, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        using var response = await scene.Time.DuringAsync(
            http().PostAsync($"/admin/locations/{scene.Journal.LocationId}/{action}", content, cancellationToken),
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
    }
}
