using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

public sealed class DeadLetterTests : IAsyncLifetime
{
    private PublishingScene scene = null!;
    private string[] ids = [];

    public async ValueTask InitializeAsync()
    {
        scene = await PublishingScene.OpenAsync();
        ids = await scene.AppendAsync(3);
        scene.Bus.Poison(ids[1]);
        await scene.PassAsync();
        scene.Bus.Accepted.Clear();
    }

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_dead_letter_is_shown_with_its_event()
    {
        var letter = (await scene.DeadLetters.FindAsync(2, CancellationToken.None)).ShouldNotBeNull();

        (letter.Type, letter.Location, letter.ResolvedAt).ShouldBe(("asset.changed", "north", null));
    }

    [Fact]
    public async Task The_list_filters_by_topic_and_state()
    {
        (await ListAsync("assets", DeadLetterState.Open)).ShouldBe([2]);
        (await ListAsync("users", null)).ShouldBeEmpty();
        (await ListAsync(null, DeadLetterState.Resent)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Resending_sends_the_event_with_the_same_id_and_resolves_the_dead_letter()
    {
        scene.Bus.Respond = (_, _) => { };

        (await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None)).ShouldBe(
            DeadLetterDecision.Taken
        );
        await scene.PassAsync();
        await scene.PassAsync();

        scene.Bus.AcceptedIds.ShouldBe([ids[1]]);
        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        letter.State.ShouldBe(DeadLetterState.Resent);
        letter.ResolvedAt.ShouldBe(At(scene.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [Fact]
    public async Task A_resent_event_that_is_rejected_again_is_open_again()
    {
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Rejected();
        await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None);

        await scene.PassAsync();

        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.State, letter.Reason).ShouldBe((DeadLetterState.Open, ScriptedServiceBus.Rejection));
    }

    [Fact]
    public async Task A_resend_waits_until_the_topic_accepts_events_again()
    {
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None);
        await scene.PassAsync();
        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().State.ShouldBe(DeadLetterState.Resend);

        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();

        scene.Bus.AcceptedIds.ShouldBe([ids[1]]);
    }

    [Fact]
    public async Task An_event_that_is_no_longer_in_the_log_cannot_be_resent()
    {
        await scene.Test.ExecuteAsync("delete from event_log where seq = 2");
        await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None);

        await scene.PassAsync();

        var letter = (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.State, letter.Reason).ShouldBe((DeadLetterState.Open, "The event is no longer in the log."));
    }

    [Fact]
    public async Task A_discarded_dead_letter_is_resolved_unsent_and_cannot_be_resent()
    {
        (await scene.DeadLetters.DiscardAsync(2, "odd", TestActor.Operator, CancellationToken.None)).ShouldBe(
            DeadLetterDecision.Taken
        );
        (await scene.DeadLetters.ResendAsync(2, TestActor.Operator, CancellationToken.None)).ShouldBe(
            DeadLetterDecision.NotOpen
        );
        await scene.PassAsync();

        scene.Bus.Accepted.ShouldBeEmpty();
        (await scene.ListDeadLettersAsync()).ShouldHaveSingleItem().State.ShouldBe(DeadLetterState.Discarded);
    }

    [Fact]
    public async Task A_seq_without_a_dead_letter_is_not_found() =>
        (await scene.DeadLetters.ResendAsync(1, TestActor.Operator, CancellationToken.None)).ShouldBe(
            DeadLetterDecision.NotFound
        );

    private async Task<IEnumerable<long>> ListAsync(string? topic, string? state) =>
        (await scene.DeadLetters.ListAsync(topic, state, after: 0, limit: 10, CancellationToken.None)).Select(letter =>
            letter.Seq
        );
}
