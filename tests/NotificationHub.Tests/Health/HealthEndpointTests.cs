using System.Net;
using Alba;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.LocalBus;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage.Stores;
using Fault = NotificationHub.Simulator.Apple.Faults.Fault;

namespace NotificationHub.Tests.Health;

/// <summary>The responses of the health endpoints, with and without failures.</summary>
public sealed class HealthEndpointTests
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Probes_return_one_word_without_authentication(string path)
    {
        await using var hub = await ScenarioHub.StartAsync("environment=Production");

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url(path);
            request.StatusCodeShouldBe(HttpStatusCode.OK);
            request.ContentShouldBe("Healthy");
        });
        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/health/detail");
            request.StatusCodeShouldBe(HttpStatusCode.NotFound);
        });
    }

    [Fact]
    public async Task Health_detail_requires_a_key()
    {
        await using var hub = await ScenarioHub.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "on-call", "the-key", "Read"),
        ]);

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/health/detail");
            request.StatusCodeShouldBe(HttpStatusCode.Unauthorized);
        });
        var shown = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/health/detail");
            request.WithRequestHeader("X-Api-Key", "the-key");
        });

        var detail = await shown.JsonAsync();
        detail.Status().ShouldBe("healthy", detail.Reasons());
        detail.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        detail.GetProperty("walPages").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task A_healthy_hub_reports_the_progress_of_its_stages()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-1")));
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-2")));

        await Until.TrueAsync(
            async () => (await hub.DetailAsync()).Stage("routing").GetProperty("cursor").ToString() == "2",
            "both notifications are routed"
        );

        var detail = await hub.DetailAsync();
        detail.Status().ShouldBe("healthy", detail.Reasons());
        detail.GetProperty("topics").GetArrayLength().ShouldBe(0);
        detail.GetProperty("locations").GetProperty("valid").GetInt64().ShouldBe(1);
        var routing = detail.Stage("routing");
        routing.GetProperty("backlog").GetInt64().ShouldBe(0);
        routing.GetProperty("holder").GetProperty("kind").GetString().ShouldBe("this-replica");
        routing.GetProperty("lastProgressAt").GetDateTimeOffset().ShouldNotBe(default);
        detail.Stage("refetch").GetProperty("holder").GetProperty("thisReplica").GetInt32().ShouldBe(64);
    }

    [Fact]
    public async Task While_the_bus_is_down_the_hub_is_ready_and_reports_the_stopped_topics_with_time_and_reason()
    {
        await using var bus = await LocalServiceBus.StartAsync();
        await using var hub = await ScenarioHub.StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
        var location = await hub.AddLocationAsync();
        await bus.StopListeningAsync(CancellationToken.None);
        await location.PostAsync(TestLocation.Notification("n-1"));

        await Until.TrueAsync(
            async () => (await hub.DetailAsync()).Topic("hub").GetProperty("backlog").GetInt64() == 1,
            "the event is pending"
        );
        await Until.TrueAsync(
            async () => (await hub.DetailAsync()).Status() == "degraded",
            "the topic is reported as stopped"
        );

        (await hub.IsReadyAsync()).ShouldBeTrue();
        var detail = await hub.DetailAsync();
        var topic = detail.Topic("hub");
        topic.GetProperty("state").GetString().ShouldBe("stopped");
        topic.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
        topic.GetProperty("since").GetDateTimeOffset().ShouldNotBe(default);
        topic.GetProperty("oldestPendingAt").GetDateTimeOffset().ShouldNotBe(default);
        detail.Reasons().ShouldContain("topic hub has been stopped since");
        detail.Reasons().ShouldNotContain("topic assets");

        await bus.ResumeListeningAsync(CancellationToken.None);
        await Until.TrueAsync(async () => (await hub.DetailAsync()).Status() == "healthy", "the topic recovers");
    }

    [Fact]
    public async Task While_Apple_is_down_the_hub_is_ready_and_reports_the_failing_reads()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Apple.Faults.RandomFaults = [Fault.Unavailable()];
        var location = await scene.RegisterAsync();
        scene.Apple.Faults.RandomFraction = 1;
        await scene.Hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update full_sync set due_at = 0, imported_at = null"),
            CancellationToken.None
        );

        await Until.TrueAsync(
            async () => (await scene.Hub.DetailAsync()).Reasons().Contains("full-sync: ", StringComparison.Ordinal),
            "the failing reads are reported"
        );

        (await scene.Hub.IsReadyAsync()).ShouldBeTrue();
        var fullSyncs = (await scene.Hub.DetailAsync()).Stage("full-sync");
        fullSyncs.GetProperty("retrying").GetInt64().ShouldBeGreaterThan(0);
        fullSyncs.GetProperty("error").GetString()!.ShouldContain("9729");

        scene.Apple.Faults.Clear();
        await Until.TrueAsync(
            async () => (await scene.Hub.DetailAsync()).Status() == "healthy",
            "the failed reads are repeated"
        );
        (await scene.Hub.DetailAsync()).ToString().ShouldNotContain(location.UId!);
    }

    [Fact]
    public async Task A_revoked_content_token_is_reported_with_its_reason()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        await hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "update location set state = 'revoked', state_reason = '9625', state_since = 1000 where location_id = @Id",
                    new { location.Id }
                ),
            CancellationToken.None
        );

        var detail = await hub.DetailAsync();

        detail.Status().ShouldBe("degraded");
        detail.Reasons().ShouldBe("locations revoked: 1");
        var troubled = detail.GetProperty("unhealthyLocations").EnumerateArray().Single();
        troubled.GetProperty("location").GetString().ShouldBe(location.Id);
        troubled.GetProperty("state").GetString().ShouldBe("revoked");
        troubled.GetProperty("reason").GetString().ShouldBe("9625");
        troubled.GetProperty("since").GetDateTimeOffset().ToUnixTimeSeconds().ShouldBe(1);
    }

    [Fact]
    public async Task While_the_database_cannot_be_read_health_detail_still_reports_the_reason()
    {
        UnreadableDatabase? database = null;
        await using var hub = await HubHost.StartAsync(builder =>
            builder.Services.AddSingleton<Database>(services =>
                database = new UnreadableDatabase(
                    StorageSetup.Create(
                        services.GetRequiredService<IOptions<StorageOptions>>().Value,
                        TimeProvider.System
                    )
                )
            )
        );
        (await hub.DetailAsync()).Status().ShouldBe("healthy");

        database!.IsUnreadable = true;
        await Until.TrueAsync(async () => !await hub.IsReadyAsync(), "the hub stops being ready");

        var detail = await hub.DetailAsync();
        detail.Status().ShouldBe("unhealthy");
        detail.Reasons().ShouldBe($"the database cannot be used: {UnreadableDatabase.Error}");
        detail.GetProperty("stages").GetArrayLength().ShouldBe(0);
    }

    [SqliteFact]
    public async Task The_hub_is_not_ready_while_the_database_is_locked_and_recovers_without_a_restart()
    {
        await using var hub = await ScenarioHub.StartAsync("Storage:LockTimeout=00:00:00.1");
        (await hub.IsReadyAsync()).ShouldBeTrue();
        await using var other = new SqliteConnection(
            $"Data Source={((SqliteDatabase)hub.Database).File};Pooling=False"
        );
        await other.OpenAsync();
        await other.ExecuteAsync("begin immediate");

        await Until.TrueAsync(async () => !await hub.IsReadyAsync(), "the hub stops being ready");

        (await hub.StatusOfAsync("/health/live")).ShouldBe(HttpStatusCode.OK);
        var detail = await hub.DetailAsync();
        detail.Status().ShouldBe("unhealthy");
        detail.Reasons().ShouldContain("the database");

        await other.ExecuteAsync("rollback");
        await Until.TrueAsync(hub.IsReadyAsync, "the hub becomes ready");
        await Until.TrueAsync(async () => (await hub.DetailAsync()).Status() == "healthy", "the hub becomes healthy");
    }
}
