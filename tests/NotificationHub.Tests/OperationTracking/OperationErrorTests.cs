using NotificationHub.Events;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Errors of the location, of Apple and of the hub itself.</summary>
public sealed class OperationErrorTests : OperationTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_location_with_a_revoked_token_is_not_polled_until_it_has_a_new_one()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await NotificationsAsync();
        Location.ContentToken.State = ContentTokenState.Revoked;
        await AdvanceAsync(60 * Minute);

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("revoked");
        (
            await Store.ScalarAsync<long>("select count(*) from event_log where type = 'location.token-revoked'")
        ).ShouldBe(1);
        Apple.Requests.All.Count(request => request.Path == "/status").ShouldBe(1);
        (await PublishedAsync()).ShouldBeEmpty();
        Location.IssueContentToken(Clock.GetUtcNow().AddYears(1));
        await SaveLocationAsync();
        await AdvanceAsync(Minute);

        (await PublishedAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Theory]
    [InlineData("Revoked")]
    [InlineData("Expired")]
    [InlineData("Valid")]
    public async Task A_response_to_an_old_token_does_not_change_a_location_with_a_new_token(string oldToken)
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
                // The request rate must allow the second poll.
                Clock.Advance(TimeSpan.FromSeconds(1));
            })
        );
        if (old == ContentTokenState.Valid)
        {
            Apple.Faults.Next("/status", Fault.Unavailable(TimeSpan.FromHours(1)));
        }

        Clock.Advance(5 * Minute);
        await Passes.RunAsync();

        Polls.ShouldBe(2);
        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
        (await Store.ScalarAsync<long?>("select paused_until from location")).ShouldBeNull();
        (await Store.ScalarAsync<long>("select count(*) from event_log where type like 'location.%'")).ShouldBe(0);
        // The request rate of the location still observes Retry-After, whichever token was used.
        await AdvanceAsync(70 * Minute);
        (await PublishedAsync())
            .Select(published => published.Type)
            .ShouldBe([EventNames.OperationCompleted, EventNames.OperationCompleted]);
    }

    [Fact]
    public async Task A_content_token_unknown_to_Apple_twice_in_a_row_is_invalid()
    {
        await AnnounceAsync("some-event");
        Location.ContentToken.State = ContentTokenState.Invalid;
        await AdvanceAsync(5 * Minute);
        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
        await AdvanceAsync(60 * Minute);

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("invalid");
        Polls.ShouldBe(2);
    }

    [Fact]
    public async Task Notifications_complete_an_operation_without_a_token()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId, tasks: 3);
        await Store.ExecuteAsync("update location set state = 'revoked'");
        await DeliverAsync(await NotificationsAsync());
        await Passes.RunAsync();

        (await PublishedAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Fact]
    public async Task Retry_After_pauses_the_whole_location()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        Apple.Faults.Next("/status", Fault.Unavailable(TimeSpan.FromMinutes(20)));
        await AdvanceAsync(5 * Minute);
        var pausedUntil = await Store.ScalarAsync<long>("select paused_until from location");
        pausedUntil.ShouldBeGreaterThanOrEqualTo(Now + (long)(19 * Minute).TotalMilliseconds);
        await AdvanceAsync(15 * Minute);
        Polls.ShouldBe(1);
        await AdvanceAsync(10 * Minute);

        (await PublishedAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    [Fact]
    public async Task An_operation_whose_status_Apple_refuses_stalls()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        Apple.Faults.Next("/status", [.. Enumerable.Repeat(Fault.Error(9602), 20)]);
        await AdvanceAsync(60 * Minute);

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Unanswered));
        (await Store.ScalarAsync<string>("select last_error from operation")).ShouldBe("InvalidArgument 9602");
    }

    [Fact]
    public async Task After_a_crash_before_the_commit_the_next_hub_publishes_once()
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
        await AdvanceAsync(5 * Minute);
        Polls.ShouldBe(1);
        (await PublishedAsync()).ShouldBeEmpty();

        await Store.ExecuteAsync("drop trigger crash");
        await RevokeLeaseAsync();
        Passes = await StartPassesAsync();
        await Passes.RunAsync();
        Polls.ShouldBe(1, "the next poll is not due yet");
        await AdvanceAsync(5 * Minute);

        (await PublishedAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
        Polls.ShouldBe(2);
    }

    [Fact]
    public async Task Only_the_lease_holder_commits_and_a_lost_lease_stops_it()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await NotificationsAsync();
        (await StartPassesAsync()).HasLease.ShouldBeFalse();
        Apple.Faults.Next("/status", Fault.ThenChange(() => RevokeLeaseAsync().GetAwaiter().GetResult()));
        Clock.Advance(5 * Minute);
        await Should.ThrowAsync<LeaseLostException>(Passes.RunAsync);
        (await PublishedAsync()).ShouldBeEmpty();

        var lost = Passes;
        Passes = await StartPassesAsync();
        await AdvanceAsync(5 * Minute);
        await lost.RunAsync();

        (await PublishedAsync()).ShouldHaveSingleItem().Type.ShouldBe(EventNames.OperationCompleted);
    }

    private Task RenewAsync(ContentTokenState old)
    {
        Location.ContentToken.State = old;
        Location.IssueContentToken(Clock.GetUtcNow().AddYears(1));
        return SaveLocationAsync();
    }

    private Task RevokeLeaseAsync() =>
        Store.ExecuteAsync(
            "update lease set owner = null, expires_at = 0, fencing_token = fencing_token + 1 where name = 'operations'"
        );
}
