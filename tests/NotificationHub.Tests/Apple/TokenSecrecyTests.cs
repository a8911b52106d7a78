namespace NotificationHub.Tests.Apple;

/// <summary>The content token appears only in the Authorization header.</summary>
public sealed class TokenSecrecyTests : AppleTest
{
    public static TheoryData<Func<string, HttpResponseMessage>> Responses =>
        new()
        {
            token => ScriptedApple.Json($$"""{"errorNumber":9602,"errorMessage":"Bearer {{token}}"}""", 400),
            token => ScriptedApple.Json($$"""{"errorNumber":9625,"errorMessage":"{{token}}"}""", 401),
            token => ScriptedApple.Json($"<html>{token}</html>", 502),
            token => ScriptedApple.Json($"<html>{token}</html>"),
            token => ScriptedApple.Json($$"""{"uId":"{{token}}"}"""),
            token => throw new HttpRequestException($"Bearer {token}"),
            token => throw new IOException(token),
            token =>
            {
                var redirect = ScriptedApple.Json("", 302);
                redirect.Headers.Location = new Uri($"https://evil.example/?{Uri.EscapeDataString(token)}");
                return redirect;
            },
        };

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task No_exception_contains_the_token(Func<string, HttpResponseMessage> respond)
    {
        var token = Token.Reveal();
        for (var i = 0; i < 6; i++)
        {
            Apple.Then(_ => Task.FromResult(respond(token)));
        }

        var errors = new[]
        {
            await ErrorOf(Session.ListAssetsAsync().CountAsync().AsTask()),
            await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] })),
        };

        errors.ShouldAllBe(error => !error.ToString().Contains(token));
        errors.ShouldAllBe(error => error.ErrorMessage == null || !error.ErrorMessage.Contains(token));
    }

    [Fact]
    public void No_text_of_a_public_type_contains_the_token() =>
        new object[] { Token, Session, Client, Options, Rate }.ShouldAllBe(one =>
            !one.ToString()!.Contains(Token.Reveal())
        );
}
