using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Feed;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Feed;

public sealed class LongPollsTests
{
    private readonly LongPolls polls = new(
        Options.Create(new FeedOptions { MaxLongPolls = 3, MaxLongPollsPerConsumer = 2 })
    );

    [Fact]
    public void One_consumer_waits_with_as_many_requests_as_its_limit()
    {
        using var first = polls.TryBegin("north", out _);
        var second = polls.TryBegin("north", out _);
        polls.TryBegin("north", out var refusal).ShouldBeNull();
        refusal.ShouldBe(429);

        second!.Dispose();

        using var third = polls.TryBegin("north", out refusal);
        third.ShouldNotBeNull();
        refusal.ShouldBe(0);
    }

    [Fact]
    public void All_consumers_wait_with_as_many_requests_as_the_hub_allows()
    {
        using var first = polls.TryBegin("a", out _);
        using var second = polls.TryBegin("b", out _);
        using var third = polls.TryBegin("c", out _);

        polls.TryBegin("d", out var refusal).ShouldBeNull();
        refusal.ShouldBe(503);
    }

    [Theory]
    [InlineData("Feed:MaxLongPollsPerConsumer=1", HttpStatusCode.TooManyRequests)]
    [InlineData("Feed:MaxLongPolls=1", HttpStatusCode.ServiceUnavailable)]
    public async Task A_request_too_many_is_answered_at_once_and_one_that_does_not_wait_is_served(
        string setting,
        HttpStatusCode expected
    )
    {
        await using var hub = await ScenarioHub.StartAsync(setting);
        var others = setting.Contains("PerConsumer", StringComparison.Ordinal) ? "loopback" : "another";
        var waiting = hub.Services.GetRequiredService<LongPolls>().TryBegin(others, out _)!;

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?wait=60");
            request.ShouldBeProblem(expected);
            request.Header("Retry-After").ShouldHaveOneNonNullValue();
        });
        await hub.ScenarioAsync(request => request.Get.Url("/events"));

        waiting.Dispose();
        await hub.ScenarioAsync(request => request.Get.Url("/events?wait=1"));
        // The completed request no longer counts.
        await hub.ScenarioAsync(request => request.Get.Url("/events?wait=1"));
    }
}
