using System.Text;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class ContentTokenTests
{
    [Theory]
    [InlineData(
        """{"token":"x","expDate":"2030-11-08T22:33:22+0000","orgName":"Schule Zürich"}""",
        "2030-11-08T22:33:22Z"
    )]
    [InlineData(
        """{ "expDate" : "2030-11-08T22:33:22-0700", "orgName":"Schule Zürich", "token":"x" }""",
        "2030-11-09T05:33:22Z"
    )]
    [InlineData("""{"expDate":"2030-11-08T22:33:22Z","orgName":"Schule Zürich"}""", "2030-11-08T22:33:22Z")]
    public void Every_known_format_of_a_token_file_is_parsed(string json, string expires)
    {
        var text = Base64(json);

        var token = ContentToken.Parse("\uFEFF  " + text.Insert(8, "\r\n") + "\n");

        token.Reveal().ShouldBe(text);
        token.ExpiresAt.ShouldBe(DateTimeOffset.Parse(expires));
        token.OrganizationName.ShouldBe("Schule Zürich");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("not base64!")]
    [InlineData("c2VjcmV0LXRleHQ=")]
    [InlineData("WyJzZWNyZXQtdGV4dCJd")]
    [InlineData("eyJ0b2tlbiI6InNlY3JldC10ZXh0In0=")]
    [InlineData("eyJleHBEYXRlIjoyMDMwfQ==")]
    [InlineData("eyJleHBEYXRlIjoi/yJ9")]
    public void An_invalid_token_file_is_rejected_without_repeating_its_text(string text)
    {
        ContentToken.TryParse(text, out var token, out var error).ShouldBeFalse();

        token.ShouldBeNull();
        error.ShouldNotBeNullOrWhiteSpace();
        error.ShouldNotContain("secret-text");
        Should.Throw<FormatException>(() => ContentToken.Parse(text)).Message.ShouldBe(error);
    }

    [Fact]
    public void A_token_with_a_date_of_unknown_format_is_usable() =>
        ContentToken.Parse(Base64("""{"expDate":"next year"}""")).ExpiresAt.ShouldBeNull();

    [Fact]
    public void ToString_does_not_reveal_the_token()
    {
        var token = ContentToken.Parse(Base64("""{"token":"x","expDate":"2030-11-08T22:33:22+0000"}"""));

        $"{token}".ShouldBe("ContentToken (expires 2030-11-08)");
    }

    private static string Base64(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
