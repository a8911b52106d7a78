using Azure.Messaging.ServiceBus;
using Microsoft.Data.Sqlite;
using NotificationHub.Health;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Publishing;

public sealed class TopicPublisherTests : IAsyncLifetime
{
    private PublishingScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await PublishingScene.OpenAsync();

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Events_are_sent_once_in_log_order()
    {
        var ids = await scene.AppendAsync(20);
        scene.Bus.MaxBatchBytes = 4000;

        await scene.PassAsync();
        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        scene.Bus.Tried.Count.ShouldBeGreaterThan(1);
        scene.Bus.Tried.ShouldAllBe(batch => batch.Sum(MessageSize.Max) <= 4000 - MessageSize.BatchOverhead);
        (await scene.CursorAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task A_topic_that_stops_within_a_page_receives_nothing_twice()
    {
        var ids = await scene.AppendAsync(20);
        scene.Bus.MaxBatchBytes = 4000;
        scene.Bus.Respond = (_, _) =>
        {
            if (scene.Bus.Tried.Count == 3)
            {
                throw ScriptedServiceBus.Stopped();
            }
        };

        await scene.PassAsync();

        scene.Bus.Accepted.Count.ShouldBeInRange(2, 18);
        (await scene.CursorAsync()).ShouldBe(scene.Bus.Accepted.Count);
        scene.Clock.Advance(TimeSpan.FromMinutes(3));
        await scene.PassAsync();
        scene.Bus.AcceptedIds.ShouldBe(ids);
    }

    [Fact]
    public async Task A_full_page_reports_that_there_may_be_more()
    {
        await scene.AppendAsync(TopicLog.PageSize + 1);

        (await scene.PassAsync()).ShouldBeTrue();
        scene.Bus.Accepted.Count.ShouldBe(TopicLog.PageSize);
        (await scene.PassAsync()).ShouldBeTrue();
        (await scene.PassAsync()).ShouldBeFalse();

        scene.Bus.Accepted.Count.ShouldBe(TopicLog.PageSize + 1);
    }

    [Fact]
    public async Task A_page_limited_by_its_bytes_reports_that_there_may_be_more()
    {
        await scene.AppendAsync(30, data: $"\"{new string('x', 100_000)}\"");

        (await scene.PassAsync()).ShouldBeTrue();
        scene.Bus.Accepted.Count.ShouldBeInRange(1, 29);
        (await scene.PassAsync()).ShouldBeTrue();

        scene.Bus.Accepted.Count.ShouldBe(30);
    }

    [Fact]
    public async Task A_topic_receives_only_its_own_events()
    {
        await scene.AppendAsync(1, "user.changed");
        var ids = await scene.AppendAsync(1);

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
    }

    [Fact]
    public async Task An_outage_loses_and_repeats_no_event()
    {
        List<string> ids = [.. await scene.AppendAsync(3)];
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        for (var run = 0; run < 5; run++)
        {
            await scene.LaterPassAsync();
            ids.AddRange(await scene.AppendAsync(2));
        }

        scene.Bus.Accepted.ShouldBeEmpty();
        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_topic_that_accepts_nothing_does_not_affect_other_topics()
    {
        await scene.AppendAsync(2, "user.changed");
        var ids = await scene.AppendAsync(2);
        scene.Bus.Respond = (topic, _) =>
        {
            if (topic == "users")
            {
                throw ScriptedServiceBus.Stopped();
            }
        };

        await scene.PassAsync("users");
        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        scene.Statuses["users"].State.ShouldBe(TopicState.Stopped);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Publishing);
    }

    [Fact]
    public async Task The_status_shows_that_a_topic_stops_and_resumes()
    {
        await scene.AppendAsync(3);
        var appended = scene.Clock.GetUtcNow();
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        await scene.PassAsync();
        var stopped = scene.Clock.GetUtcNow();
        await scene.LaterPassAsync();
        await (await scene.PublisherAsync("assets")).Publisher.MeasureAsync(CancellationToken.None);

        var status = scene.Statuses["assets"];
        (status.State, status.Reason, status.Since).ShouldBe(
            (TopicState.Stopped, "Service Bus did not respond in time.", stopped)
        );
        (status.Unsent, status.OldestUnsentAt).ShouldBe((3, appended));
        status.OldestUnsentAge(scene.Clock).ShouldBe(PublishingScene.AnyBackoff);

        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();
        await (await scene.PublisherAsync("assets")).Publisher.MeasureAsync(CancellationToken.None);

        status = scene.Statuses["assets"];
        (status.State, status.Reason, status.Unsent).ShouldBe((TopicState.Publishing, null, 0));
        status.LastSentAt.ShouldBe(scene.Clock.GetUtcNow());
    }

    [Fact]
    public async Task A_stopped_topic_is_not_retried_during_its_backoff()
    {
        await scene.AppendAsync(1);
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        await scene.PassAsync();

        await scene.AppendAsync(1);
        await scene.PassAsync();

        scene.Bus.Tried.Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_server_busy_the_topic_waits_exactly_as_long_as_Azure_requests()
    {
        await scene.AppendAsync(1);
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped(ServiceBusFailureReason.ServiceBusy);
        await scene.PassAsync();
        scene.Clock.Advance(SendErrors.BusyRetryAfter);
        await scene.PassAsync();
        scene.Bus.Respond = (_, _) => { };

        scene.Clock.Advance(SendErrors.BusyRetryAfter - TimeSpan.FromSeconds(1));
        await scene.PassAsync();
        scene.Bus.Accepted.ShouldBeEmpty();

        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.PassAsync();
        scene.Bus.Accepted.Count.ShouldBe(1);
    }

    [Fact]
    public async Task No_send_starts_that_could_outlive_the_lease()
    {
        await scene.AppendAsync(1);
        var (publisher, lease) = await scene.PublisherAsync("assets");

        lease.Extend(scene.Clock.GetTimestamp(), TimeSpan.FromSeconds(9));
        await publisher.PublishNextAsync(lease, CancellationToken.None);
        scene.Bus.Tried.ShouldBeEmpty();

        lease.Extend(scene.Clock.GetTimestamp(), TimeSpan.FromSeconds(10));
        await publisher.PublishNextAsync(lease, CancellationToken.None);
        scene.Bus.Tried.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_former_owner_of_the_lease_moves_no_cursor()
    {
        await scene.AppendAsync(1);
        await scene.PublisherAsync("assets");
        await scene.Test.ExecuteAsync("update lease set owner = 'another', fencing_token = fencing_token + 1");

        await Should.ThrowAsync<LeaseLostException>(() => scene.PassAsync());

        (await scene.CursorAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_locked_database_after_a_send_causes_no_second_send()
    {
        await scene.AppendAsync(1);
        await using var other = new SqliteConnection($"Data Source={scene.Test.File};Pooling=false");
        await other.OpenAsync();
        scene.Bus.Respond = (_, _) => Run(other, "begin immediate");
        var pass = scene.PassAsync();
        await scene.Clock.TimersPending();

        Run(other, "rollback");
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await pass;

        scene.Bus.Tried.Count.ShouldBe(1);
        (await scene.CursorAsync()).ShouldBe(1);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
