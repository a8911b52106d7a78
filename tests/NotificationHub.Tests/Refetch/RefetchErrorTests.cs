using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Refetch;

public sealed class RefetchErrorTests : RefetchTest
{
    [Fact]
    public async Task A_rejected_holder_fails_only_the_targets_that_need_it()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        await Location.AssociateAsync(["1", "2"], ["D1", "D2"]);
        await RequestAsync(Assignments("1", "serial:D1"));
        await RequestAsync(Assignments("2", "serial:D1"), Assignments("2", "serial:D2"));
        Clock.Advance(TimeSpan.FromSeconds(5));
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => { }), Fault.Error(9602));
        await RunSlotAsync();

        (await Store.ScalarAsync<string>("select key from refetch_target where requested > fetched")).ShouldBe(
            "2/STDQ"
        );
        (await CopyAsync()).Lines().ShouldContain("assignments/1/STDQ/serial:D1");
    }

    [Fact]
    public async Task Rejected_holders_do_not_prevent_the_reads_of_the_others()
    {
        await AssociateAsync(12);
        Apple.Faults.Next("/assignments", [.. Refused(2), Answered, .. Refused(2)]);
        await RunSlotAsync();

        Apple.Requests.Count("/assignments").ShouldBe(12);
        (await CopyAsync())
            .Lines()
            .Count(line => line.StartsWith("assignments/", StringComparison.Ordinal))
            .ShouldBe(8);
        (await HoldersAsync()).ShouldBe(["serial:D00", "serial:D01", "serial:D03", "serial:D04"]);
        (await AttemptsAsync()).ShouldBe(1);

        await RunSlotAsync();

        Apple.Requests.Count("/assignments").ShouldBe(16);
        (await WaitingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task After_three_rejected_holders_the_unread_ones_come_first_in_the_next_attempt()
    {
        await AssociateAsync(12);
        Apple.Faults.Next("/assignments", [.. Refused(3)]);
        await RunSlotAsync();

        Apple.Requests.Count("/assignments").ShouldBe(3);
        (await HoldersAsync())[^3..].ShouldBe(["serial:D00", "serial:D01", "serial:D02"]);

        Apple.Faults.Next("/assignments", [.. Enumerable.Repeat(Answered, 9), .. Refused(3)]);
        await RunSlotAsync();

        (await HoldersAsync()).ShouldBe(["serial:D00", "serial:D01", "serial:D02"]);
    }

    [Fact]
    public async Task Holders_that_were_read_before_an_outage_are_not_read_again()
    {
        await AssociateAsync(12);
        Apple.Faults.Next(
            "/assignments",
            [.. Enumerable.Repeat(Answered, 8), Fault.Unavailable(TimeSpan.FromSeconds(90))]
        );
        await DrainAsync();

        Apple.Requests.Count("/assignments").ShouldBe(13);
    }

    private static Fault Answered => Fault.ThenChange(() => { });

    private static IEnumerable<Fault> Refused(int times) => Enumerable.Repeat(Fault.Error(9602), times);

    /// <summary>Assigns an asset with many holders to devices, so that each device is read individually.</summary>
    private async Task AssociateAsync(int devices)
    {
        string[] serials = [.. Enumerable.Range(0, devices).Select(i => $"D{i:D2}")];
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], serials);
        await Store.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            values (@LocationId, 'asset', '1/STDQ', @data, 0, 0, 0)
            """,
            new { LocationId, data = """{"adamId":"1","pricingParam":"STDQ","assignedCount":1000000}""" }
        );
        await RequestAsync([.. serials.Select(serial => Assignments("1", $"serial:{serial}"))]);
        Clock.Advance(TimeSpan.FromSeconds(20));
    }

    private async Task<string[]> HoldersAsync() =>
        [.. TargetHolders.Parse((await Store.ScalarAsync<string>("select holders from refetch_target"))!)];

    [Fact]
    public async Task An_error_in_a_200_response_is_an_error()
    {
        Location.AddAsset("1");
        Apple.Faults.Next("/assets", Fault.ErrorInside200(9602));
        await RequestAsync(Asset("1"));
        await RunSlotAsync();

        (await EventsAsync()).ShouldBeEmpty();
        (await AttemptsAsync()).ShouldBe(1);
        await DrainAsync();
        (await EventsAsync()).Count.ShouldBe(1);
        (await AttemptsAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("Expired", "expired", EventNames.LocationTokenExpired, 1)]
    [InlineData("Revoked", "revoked", EventNames.LocationTokenRevoked, 1)]
    [InlineData("Invalid", "invalid", EventNames.LocationTokenRevoked, 2)]
    public async Task An_unusable_content_token_stops_the_calls_and_targets_stay_pending(
        string tokenState,
        string state,
        string eventName,
        int requests
    )
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Location.ContentToken.State = Enum.Parse<ContentTokenState>(tokenState);
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();
        await RunSlotAsync();
        await RunSlotAsync();

        (await StateAsync()).ShouldBe(state);
        (await EventsAsync(eventName)).Count.ShouldBe(1);
        Apple.Requests.Count("/assets").ShouldBe(requests);
        (await WaitingAsync()).ShouldBe(2);

        Location.ContentToken.State = ContentTokenState.Valid;
        await SaveLocationAsync(LocationId, Location);
        await RunSlotAsync();
        (await WaitingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_error_of_the_old_token_does_not_close_a_renewed_location()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Apple.Faults.Next("/assets", Fault.ThenChange(() => Renew()));
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();

        (await StateAsync()).ShouldBe("valid");
        (await EventsAsync(EventNames.LocationTokenRevoked)).ShouldBeEmpty();
        (await WaitingAsync()).ShouldBe(1);
        await DrainAsync();
        (await StateAsync()).ShouldBe("valid");
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("Invalid")]
    [InlineData("Valid")]
    public async Task An_error_of_the_old_token_does_not_pause_a_renewed_location(string oldToken)
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        var old = Enum.Parse<ContentTokenState>(oldToken);
        Apple.Faults.Next("/assets", Fault.ThenChange(() => Renew(old)));
        if (old == ContentTokenState.Valid)
        {
            Apple.Faults.Next("/assets", Fault.TooManyRequests(TimeSpan.FromHours(1)));
        }

        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();

        Apple.Requests.Count("/assets").ShouldBe(2);
        (await StateAsync()).ShouldBe("valid");
        (await Store.ScalarAsync<long?>("select paused_until from location")).ShouldBeNull();
    }

    [Fact]
    public async Task Only_two_unknown_token_responses_in_a_row_change_the_state()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        var unknown = Fault.ErrorInside200(9622);
        Apple.Faults.Next("/assets", unknown, Fault.ThenChange(() => { }), unknown);
        await RequestAsync(Asset("1"), Asset("2"));
        await DrainAsync();

        (await StateAsync()).ShouldBe("valid");
        Apple.Requests.Count("/assets").ShouldBe(4);
    }

    [Fact]
    public async Task A_429_without_Retry_After_pauses_the_whole_location()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Apple.Faults.Next("/assets", Fault.TooManyRequests());
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();

        var failedAt = Clock.Milliseconds;
        Apple.Requests.Count("/assets").ShouldBe(1);
        (await PausedUntilAsync()).ShouldBeInRange(failedAt + 2000, failedAt + 3000);
        await DrainAsync();
        Apple.Requests.Count("/assets").ShouldBe(3);
    }

    [Fact]
    public async Task The_pause_grows_with_each_error_in_a_row()
    {
        Location.AddAsset("1");
        Apple.Faults.Next("/assets", [.. Enumerable.Repeat(Fault.TooManyRequests(), 4)]);
        await RequestAsync(Asset("1"));
        await DrainAsync();

        var times = Apple
            .Requests.All.Where(request => request.Path == "/assets")
            .Select(request => request.At)
            .ToList();
        var gaps = times.Zip(times.Skip(1), (earlier, later) => (later - earlier).TotalSeconds).ToList();
        gaps.Count.ShouldBe(4);
        gaps.Zip([2d, 4d, 8d, 16d]).ShouldAllBe(gap => gap.First >= gap.Second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_request_is_sent_before_the_end_of_Retry_After(bool asDate)
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Apple.Faults.Next("/assets", Fault.Unavailable(TimeSpan.FromSeconds(90), asDate));
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();
        var refusedAt = Apple.Requests.All[^1].At;
        await RequestAsync(Asset("3"));
        await DrainAsync();

        Apple
            .Requests.All.Where(request => request.Path == "/assets" && request.At > refusedAt)
            .ShouldAllBe(request => request.At >= refusedAt + TimeSpan.FromSeconds(89));
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_read_that_Apple_keeps_rejecting_is_reported_once_and_retried_hourly()
    {
        var options = new RefetchOptions();
        Location.AddAsset("1");
        Location.AddAsset("2");
        Apple.Faults.Next("/assets", [.. Enumerable.Repeat(Fault.Error(9602), options.MaxAttempts + 1)]);
        await RequestAsync(Asset("1"));
        for (var attempt = 0; attempt <= options.MaxAttempts; attempt++)
        {
            await RunSlotAsync();
        }

        var failed = (await EventsAsync(EventNames.RefetchFailed)).ShouldHaveSingleItem();
        failed.Subject.ShouldBe("asset/1/STDQ");
        System.Text.Encoding.UTF8.GetString(failed.Data).ShouldContain("9602");
        ((await NextDueAsync()) - Clock.Milliseconds).ShouldBeGreaterThanOrEqualTo(
            (long)RefetchFailures.FailedRetryDelay.TotalMilliseconds
        );
        await DrainAsync();
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_rejected_read_does_not_block_other_targets()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Apple.Faults.Next("/assets", Fault.Error(9602));
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();

        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(1);
        (await WaitingAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_location_taken_over_by_another_server_is_reported_and_no_longer_read()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Location.TakeOver("another-mdm", "Another");
        await RequestAsync(Asset("1"), Asset("2"));
        await RunSlotAsync();
        await RunSlotAsync();

        (await StateAsync()).ShouldBe("taken-over");
        var reported = (await EventsAsync(EventNames.LocationTakenOver)).ShouldHaveSingleItem();
        var data = JsonSerializer.Deserialize(reported.Data, EventJsonContext.Wire.LocationTakenOver)!;
        (data.ExpectedMdmId, data.ActualMdmId, data.ActualMdmName).ShouldBe(("the-mdm", "another-mdm", "Another"));
        Apple.Requests.Count("/assets").ShouldBe(1);
        (await WaitingAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task An_expiring_content_token_is_reported_and_still_used()
    {
        var soon = Apple.AddLocation(tokenExpiresAt: Clock.GetUtcNow().AddDays(10));
        soon.AddAsset("1");
        await SaveLocationAsync(LocationId, soon);
        await ReadAsync(Asset("1"));
        await ReadAsync(Asset("1"));

        (await StateAsync()).ShouldBe("expiring");
        (await EventsAsync(EventNames.LocationTokenExpiring)).Count.ShouldBe(1);
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(1);
    }

    private Task<long> AttemptsAsync() => Store.ScalarAsync<long>("select max(attempts) from refetch_target");

    private Task<long> PausedUntilAsync() => Store.ScalarAsync<long>("select paused_until from location");

    private Task<long> NextDueAsync() =>
        Store.ScalarAsync<long>("select min(due_at) from refetch_target where requested > fetched");
}
