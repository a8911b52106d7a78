using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Auth;
using NotificationHub.Health;
using NotificationHub.Publishing;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage.Stores;
using NotificationHub.Tests.Telemetry;

namespace NotificationHub.Tests.Secrecy;

/// <summary>
/// Uses every secret in valid and invalid requests, against services that quote it in their errors. Then searches all output of the hub
/// for the secrets, in plain text and in every usual encoding.
/// </summary>
[Collection(ProcessTelemetry.Name)]
public sealed class WholeHubSecrecyTests
{
    private const string EventId = "4d303493-3c5a-f652-55b3-51d69589d1d2";

    [SqliteFact]
    public async Task No_secret_is_in_a_log_line_trace_metric_event_response_or_file()
    {
        await using var scene = await SecrecyScene.StartAsync();
        var good = scene.Issuer.Issue([HubPolicies.Operate]);
        var foreign = scene.Issuer.Issue([HubPolicies.Operate], token => token.Audience = "another");

        var id = await RegisterAsync(scene);
        var (receiving, generated) = await ReceiveOnlyAsync(scene);
        await UseIntakeAsync(scene, id);
        await UseAdminAsync(scene, id, good, foreign);
        var replaced = scene.Location.Configuration.NotificationAuthToken!;
        await RotateAsync(scene, id);
        await AnnounceAsync(scene, id);
        await ReconcileAsync(scene, id);
        await UseEchoingServicesAsync(scene, id);
        await RunCommandsAsync(scene, id);
        var last = scene.Location.Configuration.NotificationAuthToken!;
        last.ShouldNotBe(replaced);
        await RemoveAsync(scene, id, receiving);

        MarkedSecret[] secrets =
        [
            .. scene.Secrets(last, good, foreign),
            new("replaced notification secret", replaced),
            new("generated notification secret", generated),
        ];
        MarkedSecret key = new("key of Application Insights", IngestionEndpoint.Key);
        MarkedSecret[] withCodes = [.. secrets, new("invite code", SecrecyScene.InviteCode)];
        MarkedSecret[] withPersons = [.. withCodes, .. SecrecyScene.Persons];
        ShouldHaveNone(scene.Responses, [.. withCodes, key], "responses, including events");
        ShouldHaveNone(scene.Capture.Logs, [.. withPersons, key], "logs");
        ShouldHaveNone(scene.Capture.Traces, [.. withPersons, key], "traces");
        ShouldHaveNone(scene.Capture.Metrics, withPersons, "metrics");
        await SearchFilesAsync(scene, secrets);
        await scene.Hub.StopAsync();
        await SearchFilesAsync(scene, secrets);
        await scene.Hub.EndAsync();
        ShouldHaveNone(scene.Collector.Everything, [.. withPersons, key], "OTLP exports");
        ShouldHaveNone(scene.Insights.Everything, withPersons, "Azure Monitor exports");
        ShouldHaveCapturedTheRun(scene, id);
    }

    private static async Task<string> RegisterAsync(SecrecyScene scene)
    {
        var response = await scene.SendAsync(
            HttpMethod.Post,
            "/admin/locations",
            SecrecyScene.OperateKey,
            new { url = scene.Hub.Http.BaseAddress, contentToken = scene.Location.ContentTokenFile }
        );
        var configured = scene.Location.Configuration.NotificationUrl;
        configured.ShouldNotBeNull(response);
        return configured.ToString().Split('/')[^1];
    }

    /// <returns>The location and its secret. This response contains the secret by design and is not searched.</returns>
    private static async Task<(string Id, string Secret)> ReceiveOnlyAsync(SecrecyScene scene)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/locations");
        request.Content = JsonContent.Create(new { url = scene.Hub.Http.BaseAddress, receiveOnly = true });
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", SecrecyScene.OperateKey);
        using var response = await scene.Hub.Http.SendAsync(request);
        var added = await response.Content.ReadFromJsonAsync<JsonElement>();
        return (
            added.GetProperty("location").GetProperty("id").GetString()!,
            added.GetProperty("notificationAuthToken").GetString()!
        );
    }

    private static async Task UseIntakeAsync(SecrecyScene scene, string id)
    {
        var secret = scene.Location.Configuration.NotificationAuthToken!;
        var path = $"/notifications/{id}";
        var associated = SecrecyNotifications.Associated(scene.Location.UId);
        await scene.SendAsync(HttpMethod.Post, path, secret, associated);
        await scene.SendAsync(HttpMethod.Post, path, secret, "no JSON");
        await scene.SendAsync(HttpMethod.Post, path, SecrecyScene.WrongKey, associated);
        await scene.SendAsync(HttpMethod.Post, "/notifications/unknown", secret, associated);
        await scene.SendAsync(HttpMethod.Put, path, secret, associated);
        await scene.SendAsync(HttpMethod.Get, "/events?wait=5&topic=users", SecrecyScene.ConsumerKey);
        await scene.SendAsync(HttpMethod.Get, "/events", SecrecyScene.ConsumerKey);
        await scene.SendAsync(HttpMethod.Get, "/events", SecrecyScene.WrongKey);
        await scene.SendAsync(HttpMethod.Get, $"/snapshot/{id}/users", SecrecyScene.ConsumerKey);
    }

    private static async Task UseAdminAsync(SecrecyScene scene, string id, string good, string foreign)
    {
        string[] credentials =
        [
            SecrecyScene.ReadKey,
            SecrecyScene.OperateKey,
            SecrecyScene.WrongKey,
            good,
            foreign,
            $"{good}x",
        ];
        foreach (var credential in credentials)
        {
            await scene.SendAsync(HttpMethod.Get, $"/admin/locations/{id}", credential);
            await scene.SendAsync(HttpMethod.Post, $"/admin/locations/{id}/verify", credential);
        }

        foreach (
            var path in new[]
            {
                "locations",
                "notifications",
                "notifications/2",
                "notifications/3",
                "dead-letters",
                "audit",
            }
        )
        {
            await scene.SendAsync(HttpMethod.Get, $"/admin/{path}", SecrecyScene.ReadKey);
            await scene.SendAsync(HttpMethod.Get, $"/admin/{path}", SecrecyScene.OperateKey);
        }

        await scene.SendAsync(HttpMethod.Post, "/admin/notifications/3/reroute", SecrecyScene.OperateKey);
        await scene.SendAsync(HttpMethod.Get, "/openapi/v1.json", SecrecyScene.ReadKey);
        var token = scene.Location.ContentTokenFile;
        object[] malformed =
        [
            new { url = "x", contentToken = token[..40] },
            new { url = new[] { token } },
            $"\"{token}",
        ];
        foreach (var body in malformed)
        {
            await scene.SendAsync(HttpMethod.Post, "/admin/locations", SecrecyScene.OperateKey, body);
        }
    }

    private static async Task RotateAsync(SecrecyScene scene, string id)
    {
        await scene.SendAsync(HttpMethod.Post, $"/admin/locations/{id}/rotate-secret", SecrecyScene.OperateKey);
        await scene.SendAsync(HttpMethod.Post, $"/admin/locations/{id}/test?wait=20", SecrecyScene.OperateKey);
        await scene.SendAsync(
            HttpMethod.Post,
            $"/admin/locations/{id}/renew-token",
            SecrecyScene.OperateKey,
            new { contentToken = scene.Location.ContentTokenFile }
        );
    }

    private static async Task AnnounceAsync(SecrecyScene scene, string id)
    {
        var token = scene.Location.ContentTokenFile;
        object[] bodies =
        [
            new
            {
                location = id,
                eventId = EventId,
                kind = "ASSOCIATE",
                tasks = 3,
            },
            new
            {
                location = token,
                kind = token,
                deferred = token,
            },
            $"\"{token}",
        ];
        foreach (var body in bodies)
        {
            await scene.SendAsync(HttpMethod.Post, "/operations", SecrecyScene.OperateKey, body);
        }

        await scene.SendAsync(HttpMethod.Get, $"/operations/{EventId}", SecrecyScene.ReadKey);
        await scene.SendAsync(HttpMethod.Get, $"/operations/{EventId}", SecrecyScene.OperateKey);
    }

    private static async Task ReconcileAsync(SecrecyScene scene, string id)
    {
        await Until.TrueAsync(
            () => scene.RunAsync("reconcile", "--location", id, "--json"),
            "the location is imported and then reconciled"
        );
        await scene.RunAsync("reconcile", "--location", id, "--dry-run", "--json");
    }

    private static async Task RemoveAsync(SecrecyScene scene, string id, string receiving)
    {
        await scene.RunAsync("locations", "remove", receiving, "--delete-data");
        await scene.SendAsync(HttpMethod.Delete, $"/admin/locations/{id}", SecrecyScene.OperateKey);
        scene.Location.Configuration.NotificationAuthToken.ShouldBeNullOrEmpty();
    }

    /// <summary>Apple and the bus respond with errors that quote the request.</summary>
    private static async Task UseEchoingServicesAsync(SecrecyScene scene, string id)
    {
        var topics = scene.Hub.Services.GetRequiredService<TopicStatuses>();
        await Until.TrueAsync(() => topics["hub"].State == TopicState.Stopped, "the bus has rejected the signature");
        scene.Network.IsEchoing = true;
        foreach (var change in new[] { "verify", "rotate-secret", "test?wait=0" })
        {
            await scene.SendAsync(HttpMethod.Post, $"/admin/locations/{id}/{change}", SecrecyScene.OperateKey);
        }

        await scene.SendAsync(
            HttpMethod.Post,
            "/admin/locations",
            SecrecyScene.OperateKey,
            new { url = scene.Hub.Http.BaseAddress, contentToken = scene.Location.ContentTokenFile }
        );
        await AssignAsync(scene, id);
        await scene.SendAsync(HttpMethod.Get, "/health/detail", SecrecyScene.ReadKey);
        scene.Network.IsEchoing = false;
        scene.Network.EchoCount.ShouldBeGreaterThan(1);
    }

    /// <summary>Makes the hub read a device's assignment; the error of Apple quotes its serial number.</summary>
    private static async Task AssignAsync(SecrecyScene scene, string id)
    {
        await scene.SendAsync(
            HttpMethod.Post,
            $"/notifications/{id}",
            scene.Location.Configuration.NotificationAuthToken!,
            SecrecyNotifications.Managed(scene.Location.UId, EventId)
        );
        await Until.TrueAsync(
            () =>
                scene.Network.RequestedUrls.Any(url =>
                    url.Contains(SecrecyScene.SerialNumber, StringComparison.Ordinal)
                ),
            "the hub requests the device's assignment from Apple"
        );
    }

    private static async Task RunCommandsAsync(SecrecyScene scene, string id)
    {
        await scene.RunAsync("locations", "list");
        await scene.RunAsync("locations", "show", id);
        await scene.RunAsync("locations", "verify", id, "--json");
        await scene.RunAsync("locations", "rotate-secret", id);
        await scene.RunAsync("notifications", "list");
        await scene.RunAsync("notifications", "show", "2");
        await scene.RunAsync("audit", "list");
        await scene.RunAsync("doctor", "--json");
    }

    /// <summary>
    /// Searches the database, its write-ahead log and all other files of the folder. Stored notifications contain invite codes by design.
    /// </summary>
    private static async Task SearchFilesAsync(SecrecyScene scene, IReadOnlyList<MarkedSecret> secrets)
    {
        var files = scene.Files.Where(file => !scene.IsKeyRingFile(file)).ToArray();
        files.Select(Path.GetFileName).ShouldContain("hub.db");
        foreach (var file in files)
        {
            ShouldHaveNone(await SecrecyTests.ReadSharedAsync(file), secrets, file);
        }
    }

    /// <summary>Checks that the searched output contains the requests of the run.</summary>
    private static void ShouldHaveCapturedTheRun(SecrecyScene scene, string id)
    {
        scene.Responses.ShouldContain("/admin/locations -> 201");
        scene.Responses.ShouldContain("POST /operations -> 202");
        scene.Responses.ShouldContain("POST /operations -> 400");
        scene.Responses.ShouldContain("reconcile -> 0");
        scene.Responses.ShouldContain($"DELETE /admin/locations/{id} -> 200");
        scene.Responses.ShouldContain("-> 401");
        scene.Responses.ShouldContain("-> 403");
        scene.Responses.ShouldContain("-> 502");
        scene.Responses.ShouldContain("topic hub has been stopped");
        scene.Responses.ShouldContain("user.associated.notified");
        scene.Responses.ShouldContain("Service Bus does not accept this identity or key (TrackingId:abc)");
        scene.Bus.Signatures.ShouldNotBeEmpty();
        scene.Capture.Logs.ShouldContain(id);
        scene.Capture.Logs.ShouldContain("Publishing to topic");
        scene.Capture.Traces.ShouldContain("/admin/locations");
        scene.Capture.Metrics.ShouldContain("notificationhub");
        scene.Collector.Logs.ShouldContain(line => line.Contains(id, StringComparison.Ordinal));
        scene.Collector.Spans.Select(span => span.Name).ShouldContain("send users");
        scene.Collector.Spans.ShouldContain(span => span.Name.StartsWith("refetch ", StringComparison.Ordinal));
        scene.Collector.Metrics["NotificationHub"].ShouldContain("notificationhub.refetch.errors");
        scene.Insights.Items.Select(item => item.Name).ShouldContain("notificationhub.intake.deliveries");
    }

    // ShouldNotContain would put the whole text, several megabytes, into its message.
    private static void ShouldHaveNone(string text, IReadOnlyList<MarkedSecret> secrets, string place) =>
        secrets.Where(secret => secret.IsIn(text)).Select(secret => secret.Name).ShouldBeEmpty(place);
}
