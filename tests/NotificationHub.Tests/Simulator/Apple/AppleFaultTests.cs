using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleFaultTests : AppleTest
{
    [Fact]
    public async Task Scripted_faults_occur_one_by_one()
    {
        Apple.Faults.Next(
            "/assets",
            Fault.TooManyRequests(),
            Fault.TooManyRequests(TimeSpan.FromSeconds(7)),
            Fault.InternalError(),
            Fault.ErrorInside200(9603)
        );

        var first = await GetAsync("/assets");
        first.ShouldBe(429, 9646);
        first.RetryAfter.ShouldBeNull();
        (await GetAsync("/assets")).RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        (await GetAsync("/assets")).ShouldBe(500, 9603);
        (await GetAsync("/assets")).ShouldBe(200, 9603);
        (await GetAsync("/assets")).ErrorNumber.ShouldBeNull();
    }

    [Fact]
    public async Task Unavailable_has_a_Retry_After_in_seconds_or_as_a_date()
    {
        Apple.Faults.Next(
            "/users",
            Fault.Unavailable(TimeSpan.FromMinutes(2)),
            Fault.Unavailable(TimeSpan.FromMinutes(2), asDate: true)
        );

        (await GetAsync("/users")).RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(2));
        (await GetAsync("/users")).RetryAfter!.Date.ShouldBe(Clock.GetUtcNow().AddMinutes(2));
    }

    [Fact]
    public async Task An_aborted_connection_has_no_response_and_is_recorded()
    {
        Apple.Faults.Next("/assets", Fault.Abort());

        await Should.ThrowAsync<HttpRequestException>(() => GetAsync("/assets"));

        Apple.Requests.All.ShouldContain(request => request.Status == 0);
    }

    [Fact]
    public async Task A_slow_response_waits_for_the_clock()
    {
        Apple.Faults.Next("/assets", Fault.Slow(TimeSpan.FromSeconds(20)));

        var answering = GetAsync("/assets");
        await Clock.TimersPending();
        answering.IsCompleted.ShouldBeFalse();
        Clock.Advance(TimeSpan.FromSeconds(20));

        (await answering).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_record_appears_on_a_page_that_was_already_read()
    {
        AddAssets("3", "4", "5");
        Apple.Faults.Next("/assets", Fault.ThenChange(() => Location.AddAsset("1")));

        var first = await GetAsync("/assets");
        var second = await GetAsync("/assets?pageIndex=1");

        Names(first).ShouldBe(["3", "4"]);
        Names(second).ShouldBe(["4", "5"]);
    }

    [Fact]
    public async Task The_version_changes_while_paging()
    {
        AddAssets("1", "2", "3");
        Apple.Faults.MoveVersionWhilePaging = true;

        var first = await GetAsync("/assets");
        var second = await GetAsync("/assets?pageIndex=1");

        ((string?)second.Body["versionId"]).ShouldNotBe((string?)first.Body["versionId"]);
    }

    [Fact]
    public async Task An_empty_page_precedes_others()
    {
        AddAssets("1", "2", "3");
        Apple.Faults.EmptyPage = 1;

        var empty = await GetAsync("/assets?pageIndex=1");
        var last = await GetAsync("/assets?pageIndex=2");

        Names(empty).ShouldBeEmpty();
        ((int)empty.Body["nextPageIndex"]!).ShouldBe(2);
        Names(last).ShouldBe(["3"]);
        last.Body.ShouldNotContainKey("nextPageIndex");
    }

    [Fact]
    public async Task The_first_page_announces_too_many_pages()
    {
        AddAssets("1", "2", "3");
        Apple.Faults.ShrinkTotalPages = true;

        ((int)(await GetAsync("/assets")).Body["totalPages"]!).ShouldBe(4);
        ((int)(await GetAsync("/assets?pageIndex=1")).Body["totalPages"]!).ShouldBe(2);
    }

    [Fact]
    public async Task A_cursor_repeats_forever()
    {
        Location.AddSubscription(11, renewing: 1);
        Apple.Faults.RepeatCursor = true;

        var cursor = (string)(await GetAsync("/subscriptions")).Body["nextCursor"]!;
        var again = await GetAsync("/subscriptions?cursor=" + Uri.EscapeDataString(cursor));

        ((string?)again.Body["nextCursor"]).ShouldBe(cursor);
    }

    [Fact]
    public async Task A_share_of_the_requests_fails_at_random()
    {
        Apple.Faults.RandomFraction = 0.5;
        Apple.Faults.RandomFaults = [Fault.InternalError()];

        var statuses = new List<int>();
        for (var request = 0; request < 60; request++)
        {
            statuses.Add((await GetAsync("/assets")).Status);
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        statuses.Distinct().Order().ShouldBe([200, 500]);
        Apple.Faults.Clear();
        (await GetAsync("/assets")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_share_of_the_responses_is_malformed_at_random()
    {
        AddAssets("1");
        var complete = await GetAsync("/assets");
        Apple.Faults.Next("/assets", Fault.Malformed(Malformation.UIdOnly));

        (await GetAsync("/assets")).Body.ToJsonString().ShouldBe($$"""{"uId":"{{Location.UId}}"}""");

        Apple.Faults.MalformedFraction = 1;
        for (var request = 0; request < 60; request++)
        {
            (await ReadAsync("/assets")).ShouldNotBe(complete.Body.ToJsonString());
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Apple.Faults.Clear();
        (await ReadAsync("/assets")).ShouldBe(complete.Body.ToJsonString());
    }

    private void AddAssets(params string[] adamIds)
    {
        foreach (var adamId in adamIds)
        {
            Location.AddAsset(adamId);
        }
    }

    private static IEnumerable<string?> Names(AppleAnswer response) =>
        response.Rows("assets").Select(asset => (string?)asset["adamId"]);
}
