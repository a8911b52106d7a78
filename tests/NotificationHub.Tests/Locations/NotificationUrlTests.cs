using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Locations;

public sealed class NotificationUrlTests
{
    [Theory]
    [InlineData("https://hub.example.com", "https://hub.example.com/notifications/abc")]
    [InlineData("https://hub.example.com/", "https://hub.example.com/notifications/abc")]
    [InlineData("https://hub.example.com:31704/apple/", "https://hub.example.com:31704/apple/notifications/abc")]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080/notifications/abc")]
    public void The_notification_url_extends_the_hub_url(string hubUrl, string expected)
    {
        NotificationUrl.TryParseHub(hubUrl, out var url, out _).ShouldBeTrue();

        NotificationUrl.Create(url!, "abc").ShouldBe(expected);
    }

    [Theory]
    [InlineData("hub.example.com", "absolute")]
    [InlineData("http://hub.example.com", "https")]
    [InlineData("ftp://hub.example.com", "https")]
    [InlineData("https://user@hub.example.com", "no user")]
    [InlineData("https://hub.example.com?a=b", "query")]
    [InlineData("https://hub.example.com#a", "fragment")]
    [InlineData("https://hüb.example.com", "ASCII")]
    public void A_hub_url_that_Apple_would_refuse_is_rejected(string hubUrl, string error)
    {
        NotificationUrl.TryParseHub(hubUrl, out _, out var found).ShouldBeFalse();

        found!.ShouldContain(error);
    }

    [Fact]
    public void The_notification_url_has_at_most_512_characters()
    {
        const string Host = "https://hub.example.com/";
        var room = 512 - Host.Length - "/notifications/".Length - LocationId.Generate().Length;

        NotificationUrl.TryParseHub(Host + new string('a', room), out _, out _).ShouldBeTrue();
        NotificationUrl.TryParseHub(Host + new string('a', room + 1), out _, out var error).ShouldBeFalse();
        error!.ShouldContain("512");
    }

    [Fact]
    public void A_secret_is_long_unique_and_not_printed()
    {
        var secret = NotificationSecret.Generate();

        secret.Reveal().ShouldMatch("^[A-Za-z0-9_-]{43}$");
        secret.Reveal().ShouldNotBe(NotificationSecret.Generate().Reveal());
        secret.ToString()!.ShouldNotContain(secret.Reveal());
    }
}
