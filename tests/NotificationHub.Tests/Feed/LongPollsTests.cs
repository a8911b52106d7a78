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
    public void A_consumer_gets_429_above_its_limit()
    {
        using var first = polls.TryBegin("north", out _);
        var second = polls.TryBegin("north", out _);
        polls.TryBegin("north", out var rejectionStatus).ShouldBeNull();
        rejectionStatus.ShouldBe(429);

        second!.Dispose();

        using var third = polls.TryBegin("north", out rejectionStatus);
        third.ShouldNotBeNull();
        rejectionStatus.ShouldBe(0);
    }

    [Fact]
    public void Consumers_together_get_503_above_the_hub_limit()
    {
        using var first = polls.TryBegin("a", out _);
        using var second = polls.TryBegin("b", out _);
        using var third = polls.TryBegin("c", out _);

        polls.TryBegin("d", out var rejectionStatus).ShouldBeNull();
        rejectionStatus.ShouldBe(503);
    }

    [Theory]
    [InlineData("Feed:MaxLongPollsPerConsumer=1", HttpStatusCode.TooManyRequests)]
    [InlineData("Feed:MaxLongPolls=1", HttpStatusCode.ServiceUnavailable)]
    public async Task A_request_above_the_limit_is_rejected_immediately_unless_it_does_not_wait(
        string setting,
        HttpStatusCode expected
    )
    {
        await using var hub = await ScenarioHub.StartAsync(setting);
        var consumer = setting.Contains("PerConsumer", StringComparison.Ordinal) ? "loopback" : "another";
        var waiting = hub.Services.GetRequiredService<LongPolls>().TryBegin(consumer, out _)!;

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
