using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Locations.Monitoring;

public sealed class ConfigurationMonitorTests
{
    [Fact]
    public async Task A_location_is_verified_when_due_and_not_before()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        await PassAsync(scene);
        var reads = Reads(scene);

        await PassAsync(scene);
        Reads(scene).ShouldBe(reads);

        await MakeDueAsync(scene);
        await PassAsync(scene);
        await PassAsync(scene);
        Reads(scene).ShouldBe(reads + 1);
        (await CheckAsync(scene, location)).CheckedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_changed_setting_is_reported_once_and_not_overwritten()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        var owner = scene.Library.Configuration.MdmInfo!;
        scene.Library.TakeOver(owner.Id, owner.Name, "", new Uri("https://elsewhere.example.com/in"), "theirs");
        var theirs = scene.Library.Configuration;

        await ReadAsync(scene);
        await ReadAsync(scene);

        (await scene.EventsAsync(EventNames.LocationSettingsChanged)).ShouldHaveSingleItem();
        scene.Library.Configuration.ShouldBe(theirs);
        LocationDifferences
            .Read((await CheckAsync(scene, location)).Differences)
            .Select(one => one.Setting)
            .ShouldBe(["notificationUrl", "notificationAuthToken"]);
    }

    [Fact]
    public async Task The_expiry_of_the_content_token_is_reported_once_at_each_step()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        foreach (var days in new[] { 60, 29, 28, 14, 8, 6, 1, 1 })
        {
            await scene.ExecuteAsync(
                "update location set token_expires_at = @at",
                new { at = TimeProvider.System.GetUtcNow().AddDays(days).AddMinutes(-1).ToUnixTimeMilliseconds() }
            );
            await PublishExpiryAsync(scene, location);
        }

        var published = await scene.EventsAsync(EventNames.LocationTokenExpiring);
        published
            .Select(one => System.Text.Json.JsonDocument.Parse(one.Data).RootElement.GetProperty("daysLeft").GetInt32())
            .ShouldBe([30, 15, 7, 1]);
    }

    [Theory]
    [InlineData(ContentTokenState.Expired, "expired", EventNames.LocationTokenExpired)]
    [InlineData(ContentTokenState.Revoked, "revoked", EventNames.LocationTokenRevoked)]
    public async Task A_rejected_token_stops_the_reads(object token, string state, string name)
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        await scene.RegisterAsync();
        scene.Library.ContentToken.State = (ContentTokenState)token;

        await ReadAsync(scene);
        var reads = Reads(scene);
        await PassAsync(scene);

        Reads(scene).ShouldBe(reads);
        (await scene.LocationsAsync()).Single().StateName.ShouldBe(state);
        (await scene.EventsAsync(name)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(ContentTokenState.Expired, "expired")]
    [InlineData(ContentTokenState.Revoked, "revoked")]
    [InlineData(ContentTokenState.Invalid, "invalid")]
    public async Task A_closed_location_is_verified_daily_with_one_request_and_reopened_when_Apple_accepts_the_token(
        object token,
        string state
    )
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Library.ContentToken.State = (ContentTokenState)token;
        await ReadAsync(scene);
        (await scene.LocationsAsync()).Single().StateName.ShouldBe(state);
        var reads = Reads(scene);

        await MakeDueAsync(scene);
        await PassAsync(scene);
        await PassAsync(scene);

        Reads(scene).ShouldBe(reads + 1);
        var now = TimeProvider.System.GetUtcNow();
        ((await CheckAsync(scene, location)).DueAt - now).ShouldBeInRange(
            TimeSpan.FromHours(17),
            TimeSpan.FromHours(31)
        );

        scene.Library.ContentToken.State = ContentTokenState.Valid;
        await MakeDueAsync(scene);
        await PassAsync(scene);

        (await scene.LocationsAsync()).Single().StateName.ShouldBe("valid");
    }

    [Fact]
    public async Task A_location_that_was_taken_over_is_reopened_when_it_is_returned()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        await scene.RegisterAsync();
        var owner = scene.Library.Configuration.MdmInfo!;
        scene.Library.TakeOver("mdm-9", "Other", "");
        await ReadAsync(scene);
        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.TakenOver);

        scene.Library.TakeOver(owner.Id, owner.Name, owner.Metadata);
        await MakeDueAsync(scene);
        await PassAsync(scene);

        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Valid);
    }

    [Fact]
    public async Task A_failed_verification_is_recorded_and_retried_sooner()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = _ => true;

        await ReadAsync(scene);

        var check = await CheckAsync(scene, location);
        check.Error.ShouldBe("Network");
        var now = TimeProvider.System.GetUtcNow();
        (check.DueAt - now).ShouldBeLessThan(TimeSpan.FromHours(1));
        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Valid);
    }

    [Fact]
    public async Task Retry_After_pauses_the_location()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        await scene.RegisterAsync();
        var hour = TimeSpan.FromHours(1);
        scene.Apple.Faults.Next("/client/config", Fault.Unavailable(hour));
        await ReadAsync(scene);
        var reads = Reads(scene);

        await ReadAsync(scene);

        Reads(scene).ShouldBe(reads);
    }

    [Fact]
    public async Task A_secret_is_rotated_only_at_its_configured_age()
    {
        await using var scene = await RegistrationScene.StartAsync(
            null,
            "Locations:SecretRotationInterval=30.00:00:00"
        );
        await scene.RegisterAsync();
        await scene.ExecuteAsync("update location set state_since = state_since - 2592000001");
        await ReadAsync(scene);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);

        await scene.ExecuteAsync("update notification_secret set created_at = created_at - 2592000001");
        await ReadAsync(scene);
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        await ReadAsync(scene);

        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
    }

    [Fact]
    public async Task A_slow_or_failing_location_does_not_delay_the_others()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        await AddAsync(scene, "broken", content: [1, 2, 3]);
        await AddAsync(scene, "well", content: location.ContentToken!);
        await PassAsync(scene);
        await MakeDueAsync(scene);
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        scene.Network.Hold = _ => arrived.TrySetResult() ? goOn.Task : Task.CompletedTask;

        var pass = PassAsync(scene);
        await arrived.Task;
        await Until.TrueAsync(async () => await ScheduledAsync(scene) == 2, "the two others are done with");
        pass.IsCompleted.ShouldBeFalse();
        goOn.SetResult();

        await pass;
        (await ScheduledAsync(scene)).ShouldBe(3);
    }

    private static Task<long> ScheduledAsync(RegistrationScene scene) =>
        scene.ScalarAsync<long>("select count(*) from location_check where due_at > 0");

    private static Task AddAsync(RegistrationScene scene, string id, byte[] content) =>
        scene.ExecuteAsync(
            """
            insert into location (location_id, u_id, state, state_since, receive_only, content_token, read_number, created_at)
            values (@id, @id, 'valid', 0, 0, @content, 0, 0)
            """,
            new { id, content }
        );

    private static int Reads(RegistrationScene scene) => scene.Apple.Requests.Count("/client/config");

    private static async Task<CheckedLocation> CheckAsync(RegistrationScene scene, Location location) =>
        (
            await scene.Hub.Database.ReadAsync(
                connection => LocationCheckStore.FindAsync(connection, location.LocationId),
                CancellationToken.None
            )
        )!;

    private static Task PassAsync(RegistrationScene scene) =>
        scene.RunUnderLeaseAsync(lease =>
            scene.Service<ConfigurationMonitor>().RunAsync(lease, CancellationToken.None)
        );

    private static Task MakeDueAsync(RegistrationScene scene) =>
        scene.ExecuteAsync("update location_check set due_at = 0");

    private static async Task ReadAsync(RegistrationScene scene)
    {
        await PassAsync(scene);
        await MakeDueAsync(scene);
        await PassAsync(scene);
    }

    private static Task PublishExpiryAsync(RegistrationScene scene, Location location) =>
        scene.Hub.Database.WriteAsync(
            async transaction =>
            {
                var now = (await LocationStore.FindAsync(transaction.Connection, location.LocationId))!;
                await LocationStore.PublishExpiryAsync(transaction, now);
            },
            CancellationToken.None
        );
}
