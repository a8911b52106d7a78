using System.Net;
using static NotificationHub.Tests.Simulator.ServiceBus.BusClient;

namespace NotificationHub.Tests.Simulator.ServiceBus;

public sealed class BusAccessTests : BusTest
{
    private DateTimeOffset InAnHour => Clock.GetUtcNow().AddHours(1);

    [Fact]
    public async Task A_token_for_the_topic_alone_is_enough_for_it()
    {
        Client.UseToken(Token(Bus.Endpoint + "assets", InAnHour, Key));

        (await Client.SendAsync("assets", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Client.SendAsync("users", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task No_token_is_refused() => await ShouldBeRefused(null);

    [Fact]
    public async Task A_malformed_token_is_refused() => await ShouldBeRefused("sr");

    [Fact]
    public async Task Another_key_is_refused() =>
        await ShouldBeRefused(Token(Bus.Endpoint.AbsoluteUri, InAnHour, "another key"));

    [Fact]
    public async Task Another_key_name_is_refused() =>
        await ShouldBeRefused(Token(Bus.Endpoint.AbsoluteUri, InAnHour, Key, "Nobody"));

    [Fact]
    public async Task An_expired_token_is_refused() =>
        await ShouldBeRefused(Token(Bus.Endpoint.AbsoluteUri, Clock.GetUtcNow(), Key));

    [Fact]
    public async Task Another_namespace_is_refused() =>
        await ShouldBeRefused(Token("http://other.servicebus.windows.net/", InAnHour, Key));

    private async Task ShouldBeRefused(string? token)
    {
        Client.UseToken(token);

        (await Client.SendAsync("assets", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        Bus.Violations.Count.ShouldBe(1);
        Bus.Topic("assets").Accepted.ShouldBe(0);
    }
}
