using System.Net;
using NotificationHub.Health;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Relay;
using NotificationHub.Storage;
using NotificationHub.Tests.Retention;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Relay;

public sealed class RelayStatusTests
{
    [Fact]
    public async Task The_stage_and_each_target_with_a_backlog_report_their_progress()
    {
        await using var scene = await RelayScene.OpenAsync();
        (await StagesAsync(scene)).ShouldBeEmpty();
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.Unauthorized);
        await scene.PostAsync("a");
        await scene.PassAsync();
        await scene.PostAsync("b");

        var stages = await StagesAsync(scene);

        stages.Select(stage => (stage.Stage, stage.Backlog)).ShouldBe([("relay", 1L), ($"relay:{target}", 1L)]);
        stages[1].OldestPendingAt.ShouldBe(scene.Clock.GetUtcNow());
        stages[1].Retrying.ShouldBe(1);
        stages[1].Error.ShouldBe("location location-1: unauthorized (HTTP 401)");
        stages[1].Leases.ShouldBe(["relay"]);

        await scene.SetStateAsync(RelayTargetState.Stopped);
        (await StagesAsync(scene)).Select(stage => stage.Stage).ShouldBe(["relay"]);
    }

    [Fact]
    public async Task Metrics_are_tagged_with_the_target_only()
    {
        await using var scene = await RelayScene.OpenAsync();
        using var readings = new MeterReadings(scene.Test.Meters);
        var target = await scene.AddTargetAsync();
        await scene.PostAsync("a");
        await scene.PassAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.BadGateway);
        await scene.PostAsync("b");
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromSeconds(30));
        scene.Metrics.Measured(await scene.Service.ListAsync(null, CancellationToken.None));

        readings.Observe();

        readings.Of("notificationhub.relay.delivered", target).ShouldBe([1]);
        readings.Of("notificationhub.relay.backlog", target).ShouldBe([1]);
        readings.Of("notificationhub.relay.oldest_undelivered_age", target).ShouldBe([30]);
        readings.Of("notificationhub.relay.set_aside", target).ShouldBe([0]);
    }

    [Fact]
    public async Task The_age_of_a_notification_for_a_stopped_target_is_measured()
    {
        await using var scene = await RelayScene.OpenAsync();
        using var readings = new MeterReadings(scene.Test.Meters);
        var target = await scene.AddTargetAsync();
        await scene.SetStateAsync(RelayTargetState.Stopped);
        await scene.PostAsync("a");
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromHours(12));
        scene.Metrics.Measured(await scene.Service.ListAsync(null, CancellationToken.None));

        readings.Observe();

        readings
            .Of("notificationhub.relay.oldest_undelivered_age", target)
            .ShouldBe([TimeSpan.FromHours(12).TotalSeconds]);
    }

    [Theory]
    [InlineData("accepted")]
    [InlineData("quarantined")]
    public async Task Retention_keeps_a_notification_that_is_not_forwarded_and_deletes_one_that_was_set_aside(
        string disposition
    )
    {
        await using var store = await TestDatabase.OpenAsync(RetentionScene.Configure);
        using var scene = new RetentionScene(store);
        await store.Database.WriteAsync(
            transaction =>
                RelayTargetStore.AddAsync(transaction, "location-1", new Uri("https://mdm.example.com/"), null),
            CancellationToken.None
        );
        var target = await store.ScalarAsync<string>("select target_id from relay_target");
        var seq = await scene.PostAsync(Dispositions.FromWireName(disposition)!.Value);
        await scene.SetCursorAsync("routing", seq);
        scene.Pass(days: 100);
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBe([seq], "the fan-out has not read it");

        await scene.SetCursorAsync("relay", seq);
        await store.ExecuteAsync(
            "insert into relay_delivery (target_id, seq, state, pending_since, attempts) values (@target, @seq, 'pending', 0, 0)",
            new { target, seq }
        );
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBe([seq], "it is pending");

        await store.ExecuteAsync("update relay_delivery set state = 'set-aside', set_aside_at = 0");
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBeEmpty();
        (await store.ScalarAsync<long>("select count(*) from relay_delivery")).ShouldBe(0);
    }

    [Fact]
    public async Task The_cursor_of_the_relay_does_not_hold_events()
    {
        await using var store = await TestDatabase.OpenAsync(RetentionScene.Configure);
        using var scene = new RetentionScene(store);
        await scene.SetCursorAsync("relay", 1);
        await scene.AppendEventAsync();
        await scene.AppendEventAsync();
        scene.Pass(days: 100);

        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_deletion_of_a_locations_data_keeps_what_a_target_has_not_received()
    {
        await using var scene = await RelayScene.OpenAsync();
        await scene.AddTargetAsync();
        await scene.PostAsync("a");
        await scene.PassAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.BadGateway);
        var pending = await scene.PostAsync("b");
        await scene.PassAsync();
        await scene.Test.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values ('routing', @pending, 0)",
            new { pending }
        );
        var deletion = new NotificationHub.Locations.Removal.LocationDataDeletion(scene.Database);

        await deletion.RunAsync(RelayScene.LocationId, everything: false, CancellationToken.None);
        (await scene.Test.QueryAsync<long>("select seq from notification_log")).ShouldBe([pending]);

        await deletion.RunAsync(RelayScene.LocationId, everything: true, CancellationToken.None);
        (await scene.CountAsync("notification_log")).ShouldBe(0);
    }

    private static async Task<IReadOnlyList<StageStatus>> StagesAsync(RelayScene scene)
    {
        await using var connection = await scene.Database.OpenReaderAsync(CancellationToken.None);
        var query = new StageStatusQuery(connection, scene.Clock.GetUtcNow(), TimeSpan.FromMinutes(5));
        return await new RelayStatus().ReadAsync(query, CancellationToken.None);
    }
}
