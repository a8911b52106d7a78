using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class RequestLimitsTests : AppleTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_before_the_Retry_After_elapsed_is_a_violation(bool asDate)
    {
        Apple.Faults.Next("/assets", Fault.Unavailable(TimeSpan.FromSeconds(7), asDate));
        await GetAsync("/assets");

        Clock.Advance(TimeSpan.FromSeconds(6));
        await GetAsync("/users");
        Apple.Violations.ShouldHaveSingleItem().ShouldContain("Retry-After");
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync("/users")).Status.ShouldBe(200);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_Retry_After_applies_to_its_location_only()
    {
        Apple.Faults.Next("/assets", Fault.TooManyRequests(TimeSpan.FromSeconds(7)));
        await GetAsync("/assets");

        UseToken(Apple.AddLocation().ContentTokenFile.Trim());
        await GetAsync("/assets");

        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Polling_an_event_more_often_than_every_30_seconds_is_a_violation()
    {
        Location.AddAsset("1");
        var first = await Location.AssociateAsync(["1"], ["S1"]);
        var second = await Location.AssociateAsync(["1"], ["S2"]);

        await GetAsync("/status?eventId=" + first);
        await GetAsync("/status?eventId=" + second);
        Clock.Advance(TimeSpan.FromSeconds(30));
        await GetAsync("/status?eventId=" + first);
        Apple.Violations.ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromSeconds(29));
        await GetAsync("/status?eventId=" + first);

        Apple.Violations.ShouldHaveSingleItem().ShouldContain("30 seconds");
    }
}
