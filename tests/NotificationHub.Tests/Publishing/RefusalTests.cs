using NotificationHub.Events;
using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

public sealed class RefusalTests : IAsyncLifetime
{
    private PublishingScene scene = null!;

    public async Task InitializeAsync() => scene = await PublishingScene.OpenAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(18)]
    public async Task A_poison_event_between_good_ones_is_set_aside_alone(int place)
    {
        var ids = await scene.AppendAsync(20);
        scene.Sender.Poison(ids[place]);

        await scene.PassAsync();

        scene.Sender.AcceptedIds.ShouldBe(ids.Where(id => id != ids[place]));
        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.Seq, letter.Topic, letter.State, letter.Reason).ShouldBe(
            (place + 1, "assets", DeadLetterState.Open, "answered 400")
        );
        (await scene.CursorAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task An_event_that_is_set_aside_is_announced_on_the_topic_of_the_hub()
    {
        var ids = await scene.AppendAsync(3);
        scene.Sender.Poison(ids[1]);
        await scene.PassAsync();
        scene.Sender.Accepted.Clear();

        await scene.PassAsync("hub");

        var message = scene.Sender.Accepted.ShouldHaveSingleItem();
        message.Label.ShouldBe(EventTypes.Of(EventNames.EventDeadLettered));
        var data = System.Text.Json.JsonDocument.Parse(message.Body).RootElement.GetProperty("data");
        data.GetProperty("eventId").GetString().ShouldBe(ids[1]);
        data.GetProperty("seq").GetInt64().ShouldBe(2);
        data.GetProperty("topic").GetString().ShouldBe("assets");
        data.GetProperty("reason").GetString().ShouldBe("answered 400");
    }

    [Fact]
    public async Task An_event_of_the_hub_that_is_set_aside_raises_no_further_event()
    {
        var ids = await scene.AppendAsync(3, EventNames.LocationRefused);
        scene.Sender.Poison(ids[1]);

        await scene.PassAsync("hub");

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(2);
        (await scene.Test.ScalarAsync<long>("select count(*) from event_log")).ShouldBe(3);
    }

    [Fact]
    public async Task A_suspect_that_is_last_in_the_log_waits_for_a_later_one()
    {
        var ids = await scene.AppendAsync(3);
        scene.Sender.Poison(ids[2]);
        await scene.PassAsync();
        await scene.LaterPassAsync();

        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(2);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Waiting);

        // The later one decides at once: it need not wait for the suspect's backoff.
        var later = await scene.AppendAsync(1);
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(3);
        scene.Sender.AcceptedIds.ShouldBe([ids[0], ids[1], later[0]]);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Publishing);
    }

    [Fact]
    public async Task A_suspect_is_left_alone_until_its_backoff_is_over()
    {
        var ids = await scene.AppendAsync(1);
        scene.Sender.Poison(ids);
        await scene.PassAsync();
        await scene.PassAsync();

        scene.Sender.Tried.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_suspect_that_is_accepted_later_was_none()
    {
        var ids = await scene.AppendAsync(1);
        scene.Sender.Poison(ids);
        await scene.PassAsync();
        scene.Sender.Answer = (_, _) => { };

        await scene.LaterPassAsync();

        scene.Sender.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_poison_events_in_a_row_are_set_aside_together()
    {
        var ids = await scene.AppendAsync(6);
        scene.Sender.Poison(ids[2], ids[3]);

        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).Select(letter => letter.Seq).ShouldBe([3, 4]);
        scene.Sender.AcceptedIds.ShouldBe([ids[0], ids[1], ids[4], ids[5]]);
    }

    [Fact]
    public async Task Three_in_a_row_stop_the_topic_and_set_nothing_aside()
    {
        var ids = await scene.AppendAsync(6);
        scene.Sender.Poison(ids[1], ids[2], ids[3]);
        await scene.PassAsync();
        await scene.LaterPassAsync();

        scene.Statuses["assets"].State.ShouldBe(TopicState.Stopped);
        scene.Statuses["assets"].Reason.ShouldBe("3 events in a row were refused: answered 400");
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        scene.Sender.AcceptedIds.ShouldBe([ids[0]]);

        scene.Sender.Answer = (_, _) => { };
        await scene.LaterPassAsync();

        scene.Sender.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stop_between_a_suspect_and_the_next_decides_nothing()
    {
        var ids = await scene.AppendAsync(2);
        scene.Sender.Answer = (_, batch) =>
            throw (batch[0].MessageId == ids[0] ? ScriptedSender.Refused() : ScriptedSender.Stopped());
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_batch_whose_parts_are_accepted_sets_nothing_aside()
    {
        var ids = await scene.AppendAsync(16);
        scene.Sender.Answer = (_, batch) =>
        {
            if (batch.Count > 4)
            {
                throw ScriptedSender.Refused();
            }
        };

        await scene.PassAsync();

        scene.Sender.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_batch_that_may_be_too_large_is_halved_before_the_topic_stops()
    {
        var ids = await scene.AppendAsync(16);
        scene.Sender.Answer = (_, batch) =>
        {
            if (batch.Count > 4)
            {
                throw ScriptedSender.PerhapsTooLarge();
            }
        };

        await scene.PassAsync();
        scene.Sender.Tried.Select(batch => batch.Count).ShouldBe([16, 8]);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Stopped);

        await scene.LaterPassAsync();
        scene.Sender.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_topic_that_forbids_everything_sets_nothing_aside()
    {
        var ids = await scene.AppendAsync(4);
        scene.Sender.Answer = (_, batch) =>
            throw (batch.Count > 1 ? ScriptedSender.PerhapsTooLarge() : ScriptedSender.Stopped(403));
        for (var pass = 0; pass < 5; pass++)
        {
            await scene.LaterPassAsync();
        }

        scene.Statuses["assets"].State.ShouldBe(TopicState.Stopped);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(0);

        scene.Sender.Answer = (_, _) => { };
        await scene.LaterPassAsync();
        scene.Sender.AcceptedIds.ShouldBe(ids);
    }

    [Fact]
    public async Task A_poison_event_at_the_end_of_a_page_is_judged_by_the_next_page()
    {
        var ids = await scene.AppendAsync(TopicLog.PageSize + 2);
        scene.Sender.Poison(ids[TopicLog.PageSize - 1]);

        await scene.PassAsync();
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(TopicLog.PageSize);
        scene.Sender.Accepted.Count.ShouldBe(ids.Length - 1);
    }

    [Fact]
    public async Task An_event_too_large_even_without_its_data_is_never_sent()
    {
        await scene.AppendAsync(1);
        scene.Sender.MaxBatchBytes = 50;
        await scene.PassAsync();

        scene.Sender.Tried.ShouldBeEmpty();
        scene.Statuses["assets"].State.ShouldBe(TopicState.Waiting);
    }
}
