using System.Buffers;
using System.Text;
using Microsoft.Extensions.Options;
using NotificationHub.Feed;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Publishing;

/// <summary>A damaged row blocks neither its topic nor the feed.</summary>
public sealed class DamagedEventTests : IAsyncLifetime
{
    private const string Orphan =
        "insert into event_log (topic, type, location_id, notification_seq, conflict, created_at) values ('assets', 'asset.count.notified', 'north', 99, 0, 0)";

    private PublishingScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await PublishingScene.OpenAsync();

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task An_event_without_its_notification_becomes_a_dead_letter_and_later_events_are_sent()
    {
        var before = await scene.AppendAsync(2);
        await scene.Test.ExecuteAsync(Orphan);
        var after = await scene.AppendAsync(2);

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe([.. before, .. after]);
        (await scene.CursorAsync()).ShouldBe(5);
        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.Seq, letter.State, letter.Type).ShouldBe((3, DeadLetterState.Open, "asset.count.notified"));
        letter.Reason.ShouldContain("no longer in the log");
        (await scene.Test.QueryAsync<string>("select type from event_log where seq > 5")).ShouldBe([
            "event.dead-lettered",
        ]);
    }

    [Fact]
    public async Task An_event_whose_stored_data_is_not_JSON_becomes_a_dead_letter_and_is_never_sent()
    {
        var before = await scene.AppendAsync(1);
        await scene.AppendAsync(1, data: "no JSON");
        var after = await scene.AppendAsync(1);

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe([.. before, .. after]);
        (await scene.CursorAsync()).ShouldBe(3);
        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.Seq, letter.Reason).ShouldBe((2, "The stored data of the event is not JSON."));
        await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None);
        await scene.PassAsync();
        scene.Bus.Accepted.Count.ShouldBe(2);
        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().State.ShouldBe(DeadLetterState.Open);
    }

    [Fact]
    public async Task An_event_that_cannot_be_written_becomes_a_dead_letter_and_can_be_resent()
    {
        var ids = await scene.AppendAsync(3);
        var createdAt = scene.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await SetCreatedAtAsync(long.MaxValue);

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe([ids[0], ids[2]]);
        (await scene.CursorAsync()).ShouldBe(3);
        (await scene.ListDeadLettersAsync())
            .ShouldHaveSingleItem()
            .Reason.ShouldBe("The time of the event is invalid.");
        await SetCreatedAtAsync(createdAt);
        await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None);
        await scene.PassAsync();
        scene.Bus.AcceptedIds.ShouldBe([ids[0], ids[2], ids[1]]);
    }

    // The publisher has the event in memory, and must forget it.
    private Task SetCreatedAtAsync(long createdAt) =>
        scene.Test.ExecuteAsync(
            $"update event_log set created_at = {createdAt} where seq = 2; update change_counter set value = value + 1 where name = 'logs'"
        );

    [Fact]
    public async Task A_damaged_last_event_does_not_wait_for_a_later_one()
    {
        await scene.Test.ExecuteAsync(Orphan);

        await scene.PassAsync();

        (await scene.CursorAsync()).ShouldBe(1);
        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Many_damaged_events_do_not_stop_the_topic()
    {
        for (var i = 0; i < 5; i++)
        {
            await scene.Test.ExecuteAsync(Orphan);
        }

        var after = await scene.AppendAsync(1);
        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(after);
        (await scene.ListDeadLettersAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_damaged_event_after_a_suspect_does_not_move_the_cursor_past_the_suspect()
    {
        var ids = await scene.AppendAsync(1);
        scene.Bus.Poison(ids[0]);
        await scene.Test.ExecuteAsync(Orphan);

        await scene.PassAsync();
        (await scene.CursorAsync()).ShouldBe(0);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();

        await scene.AppendAsync(1);
        await scene.LaterPassAsync();
        (await scene.ListDeadLettersAsync()).Select(letter => letter.Seq).ShouldBe([1, 2]);
        (await scene.CursorAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task A_damaged_event_cannot_be_resent_but_discarded()
    {
        await scene.Test.ExecuteAsync(Orphan);
        await scene.PassAsync();

        await scene.DeadLetters.ResendAsync(1, TestActor.Operator, CancellationToken.None);
        await scene.PassAsync();

        scene.Bus.Accepted.ShouldBeEmpty();
        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().State.ShouldBe(DeadLetterState.Open);
        (await scene.DeadLetters.DiscardAsync(1, "odd", TestActor.Operator, CancellationToken.None)).ShouldBe(
            DeadLetterDecision.Taken
        );
    }

    [Theory]
    [InlineData(Orphan)]
    [InlineData(
        "insert into event_log (topic, type, data, conflict, created_at) values ('assets', 'asset.changed', x'7b7d', 0, 9223372036854775807)"
    )]
    public async Task The_feed_returns_a_damaged_event_without_data_and_continues(string damaged)
    {
        await scene.Test.ExecuteAsync(damaged);
        await scene.AppendAsync(1);
        var feed = new EventFeed(scene.Database, scene.Clock);

        var page = await feed.ReadAsync(after: 0, new EventFilter(), limit: 10, CancellationToken.None);

        page.Entries.Select(entry => entry.Seq).ShouldBe([1, 2]);
        (await feed.FindAsync("1-1", CancellationToken.None)).ShouldNotBeNull().Error.ShouldNotBeNull();
        var writer = new CloudEventWriter(Options.Create(new PublishingOptions()));
        var output = new ArrayBufferWriter<byte>();
        writer.Write(page.Entries[0], output);
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldContain("\"id\":\"1-1\"");
    }
}
