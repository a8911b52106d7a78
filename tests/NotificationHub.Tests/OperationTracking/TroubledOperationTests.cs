using NotificationHub.Events;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Something is wrong: with the location, with Apple, or with the hub itself.</summary>
public sealed class TroubledOperationTests : LedgerTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_location_whose_token_was_revoked_is_asked_no_more_until_there_is_a_new_one()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await NotificationsAsync();
        Location.ContentToken.State = ContentTokenState.Revoked;
        await PassAsync(60 * Minute);

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("revoked");
        (
            await Store.ScalarAsync<long>("select count(*) from event_log where type = 'location.token-revoked'")
        ).ShouldBe(1);
        Apple.Requests.All.Count(request => request.Path == "/status").ShouldBe(1);
        (await ToldAsync()).ShouldBeEmpty();
        Location.IssueContentToken(Clock.GetUtcNow().AddYears(1));
        await SaveLocationAsync();
        await PassAsync(Minute);

        (await ToldAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Theory]
    [InlineData("Revoked")]
    [InlineData("Expired")]
    [InlineData("Valid")]
    public async Task A_response_to_an_old_token_changes_nothing_about_a_location_that_was_renewed_meanwhile(
        string oldToken
    )
    {
        Location.AddAsset("1");
        await AnnounceAsync(Associate(["1"], Devices(3)));
        await AnnounceAsync(Associate(["1"], ["other"]));
        var old = Enum.Parse<ContentTokenState>(oldToken);
        Apple.Faults.Next(
            "/status",
            Fault.ThenChange(() =>
            {
                RenewAsync(old).GetAwaiter().GetResult();
                // So that the request rate allows the second question.
                Clock.Advance(TimeSpan.FromSeconds(1));
            })
        );
        if (old == ContentTokenState.Valid)
        {
            Apple.Faults.Next("/status", Fault.Unavailable(TimeSpan.FromHours(1)));
        }

        Clock.Advance(5 * Minute);
        await Ledger.LookAsync();

        Questions.ShouldBe(2);
        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
        (await Store.ScalarAsync<long?>("select paused_until from location")).ShouldBeNull();
        (await Store.ScalarAsync<long>("select count(*) from event_log where type like 'location.%'")).ShouldBe(0);
        // The request rate of the location still observes Retry-After, whichever token was used.
        await PassAsync(70 * Minute);
        (await ToldAsync())
            .Select(one => one.Type)
            .ShouldBe([EventNames.OperationCompleted, EventNames.OperationCompleted]);
    }

    [Fact]
    public async Task A_content_token_that_Apple_does_not_know_twice_in_a_row_is_invalid()
    {
        await AnnounceAsync("some-event");
        Location.ContentToken.State = ContentTokenState.Invalid;
        await PassAsync(5 * Minute);
        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
        await PassAsync(60 * Minute);

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("invalid");
        Questions.ShouldBe(2);
    }

    [Fact]
    public async Task What_notifications_settle_needs_no_token()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId, tasks: 3);
        await Store.ExecuteAsync("update location set state = 'revoked'");
        await DeliverAsync(await NotificationsAsync());
        await Ledger.LookAsync();

        (await ToldAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Fact]
    public async Task A_pause_that_Apple_asks_for_is_kept_for_the_whole_location()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        Apple.Faults.Next("/status", Fault.Unavailable(TimeSpan.FromMinutes(20)));
        await PassAsync(5 * Minute);
        var pausedUntil = await Store.ScalarAsync<long>("select paused_until from location");
        pausedUntil.ShouldBeGreaterThanOrEqualTo(Now + (long)(19 * Minute).TotalMilliseconds);
        await PassAsync(15 * Minute);
        Questions.ShouldBe(1);
        await PassAsync(10 * Minute);

        (await ToldAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Fact]
    public async Task An_operation_that_Apple_refuses_to_speak_of_stalls()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        Apple.Faults.Next("/status", [.. Enumerable.Repeat(Fault.Error(9602), 20)]);
        await PassAsync(60 * Minute);

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Unanswered));
        (await Store.ScalarAsync<string>("select last_error from operation")).ShouldBe("Refused 9602");
    }

    [Fact]
    public async Task A_hub_that_dies_between_answer_and_commit_tells_nothing_and_the_next_one_tells_once()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await NotificationsAsync();
        await Store.ExecuteAsync(
            """
            create trigger crash before update of state on operation when new.state = 'completed'
            begin
                select raise(abort, 'crash');
            end
            """
        );
        await PassAsync(5 * Minute);
        Questions.ShouldBe(1);
        (await ToldAsync()).ShouldBeEmpty();

        await Store.ExecuteAsync("drop trigger crash");
        await TakeLeaseAwayAsync();
        Ledger = await StartLedgerAsync();
        await Ledger.LookAsync();
        Questions.ShouldBe(1, "it is too soon to ask again");
        await PassAsync(5 * Minute);

        (await ToldAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
        Questions.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_hubs_one_keeps_the_ledger_and_who_lost_the_lease_commits_nothing_more()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await NotificationsAsync();
        (await StartLedgerAsync()).HasLease.ShouldBeFalse();
        Apple.Faults.Next("/status", Fault.ThenChange(() => TakeLeaseAwayAsync().GetAwaiter().GetResult()));
        Clock.Advance(5 * Minute);
        await Should.ThrowAsync<LeaseLostException>(Ledger.LookAsync);
        (await ToldAsync()).ShouldBeEmpty();

        var lost = Ledger;
        Ledger = await StartLedgerAsync();
        await PassAsync(5 * Minute);
        await lost.LookAsync();

        (await ToldAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    private Task RenewAsync(ContentTokenState old)
    {
        Location.ContentToken.State = old;
        Location.IssueContentToken(Clock.GetUtcNow().AddYears(1));
        return SaveLocationAsync();
    }

    private Task TakeLeaseAwayAsync() =>
        Store.ExecuteAsync(
            "update lease set owner = null, expires_at = 0, fencing_token = fencing_token + 1 where name = 'operations'"
        );
}
