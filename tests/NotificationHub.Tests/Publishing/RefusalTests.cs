using Azure.Messaging.ServiceBus;
using NotificationHub.Events;
using NotificationHub.Health;
using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

public sealed class RefusalTests : IAsyncLifetime
{
    private PublishingScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await PublishingScene.OpenAsync();

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(18)]
    public async Task A_rejected_event_among_others_becomes_the_only_dead_letter(int place)
    {
        var ids = await scene.AppendAsync(20);
        scene.Bus.Poison(ids[place]);

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids.Where(id => id != ids[place]));
        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.Seq, letter.Topic, letter.State, letter.Reason).ShouldBe(
            (place + 1, "assets", DeadLetterState.Open, ScriptedServiceBus.Rejection)
        );
        (await scene.CursorAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task A_dead_letter_raises_an_event_on_the_topic_hub()
    {
        var ids = await scene.AppendAsync(3);
        scene.Bus.Poison(ids[1]);
        await scene.PassAsync();
        scene.Bus.Accepted.Clear();

        await scene.PassAsync("hub");

        var message = scene.Bus.Accepted.ShouldHaveSingleItem();
        message.Subject.ShouldBe(EventTypes.Of(EventNames.EventDeadLettered));
        var data = System.Text.Json.JsonDocument.Parse(message.Body).RootElement.GetProperty("data");
        data.GetProperty("eventId").GetString().ShouldBe(ids[1]);
        data.GetProperty("seq").GetInt64().ShouldBe(2);
        data.GetProperty("topic").GetString().ShouldBe("assets");
        data.GetProperty("reason").GetString().ShouldBe(ScriptedServiceBus.Rejection);
    }

    [Fact]
    public async Task A_dead_letter_of_the_topic_hub_raises_no_event()
    {
        var ids = await scene.AppendAsync(3, EventNames.LocationRefused);
        scene.Bus.Poison(ids[1]);

        await scene.PassAsync("hub");

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(2);
        (await scene.Test.ScalarAsync<long>("select count(*) from event_log")).ShouldBe(3);
    }

    [Fact]
    public async Task A_suspect_at_the_end_of_the_log_waits_for_a_later_event()
    {
        var ids = await scene.AppendAsync(3);
        scene.Bus.Poison(ids[2]);
        await scene.PassAsync();
        await scene.LaterPassAsync();

        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(2);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Waiting);

        // The later event is sent at once, without the suspect's backoff.
        var later = await scene.AppendAsync(1);
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(3);
        scene.Bus.AcceptedIds.ShouldBe([ids[0], ids[1], later[0]]);
        scene.Statuses["assets"].State.ShouldBe(TopicState.Publishing);
    }

    [Fact]
    public async Task A_suspect_is_not_retried_during_its_backoff()
    {
        var ids = await scene.AppendAsync(1);
        scene.Bus.Poison(ids);
        await scene.PassAsync();
        await scene.PassAsync();

        scene.Bus.Tried.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_suspect_that_is_accepted_later_becomes_no_dead_letter()
    {
        var ids = await scene.AppendAsync(1);
        scene.Bus.Poison(ids);
        await scene.PassAsync();
        scene.Bus.Respond = (_, _) => { };

        await scene.LaterPassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_rejected_events_in_a_row_become_dead_letters()
    {
        var ids = await scene.AppendAsync(6);
        scene.Bus.Poison(ids[2], ids[3]);

        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).Select(letter => letter.Seq).ShouldBe([3, 4]);
        scene.Bus.AcceptedIds.ShouldBe([ids[0], ids[1], ids[4], ids[5]]);
    }

    [Fact]
    public async Task Three_rejected_events_in_a_row_stop_the_topic_without_dead_letters()
    {
        var ids = await scene.AppendAsync(6);
        scene.Bus.Poison(ids[1], ids[2], ids[3]);
        await scene.PassAsync();
        await scene.LaterPassAsync();

        scene.Statuses["assets"].State.ShouldBe(TopicState.Stopped);
        scene.Statuses["assets"].Reason.ShouldBe($"3 events in a row were rejected: {ScriptedServiceBus.Rejection}");
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        scene.Bus.AcceptedIds.ShouldBe([ids[0]]);

        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_after_a_suspect_creates_no_dead_letter()
    {
        var ids = await scene.AppendAsync(2);
        scene.Bus.Respond = (_, batch) =>
            throw (
                batch[0].MessageId == ids[0] ? (Exception)ScriptedServiceBus.Rejected() : ScriptedServiceBus.Stopped()
            );
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_rejected_batch_with_accepted_halves_creates_no_dead_letter()
    {
        var ids = await scene.AppendAsync(16);
        scene.Bus.Respond = (_, batch) =>
        {
            if (batch.Count > 4)
            {
                throw ScriptedServiceBus.Rejected();
            }
        };

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe(ids);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_topic_that_rejects_everything_creates_no_dead_letter()
    {
        var ids = await scene.AppendAsync(4);
        scene.Bus.Respond = (_, _) => throw new UnauthorizedAccessException();
        for (var pass = 0; pass < 5; pass++)
        {
            await scene.LaterPassAsync();
        }

        scene.Statuses["assets"].State.ShouldBe(TopicState.Stopped);
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
        (await scene.CursorAsync()).ShouldBe(0);

        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();
        scene.Bus.AcceptedIds.ShouldBe(ids);
    }

    [Fact]
    public async Task A_rejected_event_at_the_end_of_a_page_is_decided_by_the_next_page()
    {
        var ids = await scene.AppendAsync(TopicLog.PageSize + 2);
        scene.Bus.Poison(ids[TopicLog.PageSize - 1]);

        await scene.PassAsync();
        await scene.PassAsync();

        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().Seq.ShouldBe(TopicLog.PageSize);
        scene.Bus.Accepted.Count.ShouldBe(ids.Length - 1);
    }

    [Fact]
    public async Task An_event_too_large_for_a_message_is_sent_as_a_claim_check()
    {
        var before = await scene.AppendAsync(1);
        var large = await scene.AppendAsync(1, data: $"\"{new string('x', 5000)}\"");
        var after = await scene.AppendAsync(1);
        scene.Bus.MaxBatchBytes = 4000;

        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe([.. before, .. large, .. after]);
        scene.Bus.Accepted[1].Body.ToString().ShouldContain($"\"dataref\":\"/events/{large[0]}\"");
        (await scene.ListDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_event_that_Service_Bus_finds_too_large_is_sent_as_a_claim_check()
    {
        await scene.AppendAsync(1, data: $"\"{new string('x', 5000)}\"");
        scene.Bus.Respond = (_, batch) =>
        {
            if (batch.Any(message => message.Body.ToMemory().Length > 2000))
            {
                throw ScriptedServiceBus.Stopped(ServiceBusFailureReason.MessageSizeExceeded);
            }
        };

        await scene.PassAsync();

        scene.Bus.Accepted.ShouldHaveSingleItem().Body.ToString().ShouldContain("dataref");
    }

    [Fact]
    public async Task An_event_too_large_even_without_its_data_becomes_a_dead_letter()
    {
        await scene.AppendAsync(1);
        scene.Bus.MaxBatchBytes = 50;

        await scene.PassAsync();

        scene.Bus.Tried.ShouldBeEmpty();
        (await scene.ListDeadLettersAsync())
            .ShouldHaveSingleItem()
            .Reason.ShouldBe("The event is too large for a message, even without its data.");
    }
}
