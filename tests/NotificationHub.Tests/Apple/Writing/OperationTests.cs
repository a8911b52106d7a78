using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Writing;

public sealed class OperationTests : AppleTest
{
    private const string Pending = """{"eventStatus":"PENDING","numCompleted":1,"numRequested":4}""";
    private const string Complete = """{"eventStatus":"COMPLETE","numCompleted":4,"numRequested":4}""";

    private static readonly AssociateAssetsRequest FourItems = new()
    {
        Assets = [new() { AdamId = "1" }, new() { AdamId = "2", PricingParam = "PLUS" }],
        ClientUserIds = ["u1"],
        SerialNumbers = ["S1"],
    };

    [Fact]
    public async Task A_result_is_polled_every_30_seconds_until_Apple_is_done()
    {
        var operation = await StartAsync(FourItems);
        var accepted = Apple.Requests[0].At;
        Apple.Then(Pending).Then("{}", 500).Then(_ => throw new HttpRequestException("reset")).Then(Complete);
        var progress = new List<long?>();

        var result = await Passing(operation.WaitAsync(new Progress(progress)));

        result.IsSuccess.ShouldBeTrue();
        result.IsPending.ShouldBeFalse();
        result.Failures.ShouldBeEmpty();
        result.Events.ShouldHaveSingleItem().Status!.NumCompleted.ShouldBe(4);
        progress.ShouldBe([1, 4]);
        var polls = Apple.Requests.Skip(1).ToList();
        polls.ShouldAllBe(poll => poll.PathAndQuery == "/mdm/v2/status?eventId=e-0");
        polls.Count.ShouldBe(4);
        polls
            .Prepend(Apple.Requests[0])
            .Zip(polls, (one, next) => next.At - one.At)
            .ShouldAllBe(wait => wait >= TimeSpan.FromSeconds(30));
        (polls[0].At - accepted).ShouldBeLessThan(TimeSpan.FromSeconds(35));
    }

    [Fact]
    public async Task Two_callers_who_wait_for_one_event_do_not_poll_more_often()
    {
        var operation = await StartAsync(FourItems);
        for (var i = 0; i < 10; i++)
        {
            Apple.Then(i < 8 ? Pending : Complete);
        }

        await Passing(Task.WhenAll(operation.WaitAsync(), operation.WaitAsync()));

        Apple
            .Requests.Zip(Apple.Requests.Skip(1), (one, next) => next.At - one.At)
            .ShouldAllBe(wait => wait >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Failures_are_reported_for_each_item()
    {
        var operation = await StartAsync(FourItems);
        Apple.Then(
            """
            {"eventStatus":"FAILED","numCompleted":0,"numRequested":4,"failures":[
              {"errorNumber":9609,"errorMessage":"m","errorInfo":{"clientUserIds":["u1"]}},
              {"errorNumber":9709,"errorMessage":"m","errorInfo":{"assets":[{"adamId":2,"pricingParam":"PLUS"}]}},
              {"errorNumber":9707,"errorMessage":"m","errorInfo":
                {"assets":[{"adamId":"1","pricingParam":"STDQ"}],"serialNumbers":["s1"]}},
              {"errorNumber":9603,"errorMessage":"m"},
              {"errorNumber":9609,"errorMessage":"m","errorInfo":{"clientUserIds":["another"]}}]}
            """
        );

        var result = await Passing(operation.WaitAsync());

        result.IsSuccess.ShouldBeFalse();
        result
            .Failures.Select(failure => failure.Kind)
            .ShouldBe([
                AppleErrorKind.NotFound,
                AppleErrorKind.Conflict,
                AppleErrorKind.Conflict,
                AppleErrorKind.Unavailable,
                AppleErrorKind.NotFound,
            ]);
        result
            .Failures.Select(failure =>
                string.Join(' ', failure.Items.Select(item => $"{item.AdamId}:{item.ClientUserId}{item.SerialNumber}"))
            )
            .ShouldBe(["1:u1 2:u1", "2:u1 2:S1", "1:S1", "", ""]);
    }

    [Theory]
    [InlineData("""{"eventStatus":"COMPLETE","numCompleted":3,"numRequested":4}""")]
    [InlineData("""{"eventStatus":"FAILED","numCompleted":4,"numRequested":4}""")]
    [InlineData("""{"eventStatus":"SOMETHING_NEW","numCompleted":4,"numRequested":4}""")]
    public async Task Only_a_complete_event_is_a_success(string status)
    {
        var operation = await StartAsync(FourItems);
        Apple.Then(status);

        var result = await Passing(operation.WaitAsync());

        (result.IsSuccess, result.IsPending).ShouldBe((false, false));
    }

    [Fact]
    public async Task After_ten_minutes_the_result_is_still_pending_and_the_wait_can_be_repeated()
    {
        var operation = await StartAsync(FourItems);
        for (var i = 0; i < 20; i++)
        {
            Apple.Then(Pending);
        }

        (await Passing(operation.WaitAsync())).IsPending.ShouldBeTrue();
        Apple.IsDone.ShouldBeTrue();

        Apple.Then(Complete);
        (await Passing(operation.WaitAsync())).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task A_transient_error_is_thrown_only_at_the_end_of_the_time_and_a_token_error_at_once()
    {
        var operation = await StartAsync(FourItems);
        for (var i = 0; i < 20; i++)
        {
            Apple.Then("""{"errorNumber":9729,"errorMessage":"m"}""", 503);
        }

        (await ErrorOf(operation.WaitAsync())).Kind.ShouldBe(AppleErrorKind.Unavailable);
        Apple.IsDone.ShouldBeTrue();

        Apple.Then("""{"errorNumber":9625,"errorMessage":"m"}""", 401);
        (await ErrorOf(operation.WaitAsync())).Kind.ShouldBe(AppleErrorKind.TokenRevoked);
    }

    [Fact]
    public async Task Notifications_complete_an_operation_without_a_poll()
    {
        var operation = await StartAsync(FourItems);
        var wait = operation.WaitAsync();
        WriteItem[] failed =
        [
            new()
            {
                AdamId = "2",
                PricingParam = "PLUS",
                SerialNumber = "S1",
            },
        ];

        operation.Report("another", failed).ShouldBeFalse();
        operation.Report("e-0", Items("u1")).ShouldBeTrue();
        operation.Report("e-0", Items("u1")).ShouldBeTrue();
        operation.Report("e-0", [new() { AdamId = "3", ClientUserId = "u1" }]).ShouldBeTrue();
        wait.IsCompleted.ShouldBeFalse();
        operation.Report("e-0", failed, new AppleError { ErrorNumber = 9709 });
        operation.Report("e-0", failed, new AppleError { ErrorNumber = 9709 });
        operation.Report("e-0", [new() { AdamId = "1", SerialNumber = "s1" }]);

        var result = await wait.WaitAsync(TimeSpan.FromSeconds(30));
        result.IsSuccess.ShouldBeFalse();
        result.Failures.ShouldHaveSingleItem().Items.ShouldBe(failed);
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Notifications_do_not_complete_a_revocation_because_only_Apple_knows_its_items()
    {
        var operation = await StartAsync(new RevokeAssetsRequest { ClientUserIds = ["u1"] });
        operation.Report("e-0", [new() { AdamId = "1", ClientUserId = "u1" }]).ShouldBeTrue();
        Apple.Then(Complete);

        (await Passing(operation.WaitAsync())).IsSuccess.ShouldBeTrue();
        Apple.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_Event_Status_from_elsewhere_completes_an_operation()
    {
        var operation = await StartAsync(FourItems);
        var wait = operation.WaitAsync();

        operation.Report("e-0", new EventStatus { Status = "PENDING" });
        operation.Report(
            "e-0",
            new EventStatus
            {
                Status = "COMPLETE",
                NumCompleted = 4,
                NumRequested = 4,
            }
        );

        (await wait.WaitAsync(TimeSpan.FromSeconds(30))).IsSuccess.ShouldBeTrue();
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_event_is_awaited_after_a_restart_by_its_ID()
    {
        Apple.Then(Pending).Then(Complete);
        var start = Clock.GetUtcNow();

        var result = await Passing(Session.WaitForEventAsync("e-9"));

        (result.EventId, result.IsSuccess).ShouldBe(("e-9", true));
        (Apple.Requests[0].At - start).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        (Apple.Requests[1].At - Apple.Requests[0].At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_end_of_the_waiting_does_not_end_the_operation()
    {
        var operation = await StartAsync(FourItems);
        using var cancellation = new CancellationTokenSource();
        var wait = operation.WaitAsync(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(wait);

        Apple.Then(Complete);
        (await Passing(operation.WaitAsync())).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2", 29, false)]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2", 30, true)]
    [InlineData("http://127.0.0.1:1234/mdm/v2", 1, true)]
    [InlineData("http://127.0.0.1:1234/mdm/v2", 0, false)]
    public void Apple_is_never_polled_more_often_than_it_permits(string baseUrl, int seconds, bool isPermitted)
    {
        using var http = new HttpClient();
        var options = new AppleClientOptions
        {
            BaseUrl = new Uri(baseUrl),
            EventPollInterval = TimeSpan.FromSeconds(seconds),
        };

        var isCreated = true;
        try
        {
            new AppleClient(http, options, Clock).Dispose();
        }
        catch (ArgumentException)
        {
            isCreated = false;
        }

        isCreated.ShouldBe(isPermitted);
    }

    private static IEnumerable<WriteItem> Items(string user) =>
        [
            new()
            {
                AdamId = "1",
                PricingParam = "STDQ",
                ClientUserId = user,
            },
            new()
            {
                AdamId = "2",
                PricingParam = "PLUS",
                ClientUserId = user,
            },
        ];

    private async Task<AppleOperation> StartAsync(WriteRequest request)
    {
        Apple.Then("""{"eventId":"e-0","uId":"7"}""");
        return await Passing(
            request is RevokeAssetsRequest revocation
                ? Session.RevokeAssetsAsync(revocation)
                : Session.AssociateAssetsAsync((AssociateAssetsRequest)request)
        );
    }

    private sealed class Progress(List<long?> seen) : IProgress<EventStatus>
    {
        public void Report(EventStatus value) => seen.Add(value.NumCompleted);
    }
}
