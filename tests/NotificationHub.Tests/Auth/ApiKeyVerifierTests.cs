using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using NotificationHub.Auth;

namespace NotificationHub.Tests.Auth;

public sealed class ApiKeyVerifierTests
{
    [Theory]
    [InlineData("Bearer first", null, true)]
    [InlineData("bearer second", null, true)]
    [InlineData(null, "first", true)]
    [InlineData(null, "First", false)]
    [InlineData("first", null, false)]
    [InlineData("Basic first", null, false)]
    [InlineData("Bearer ", null, false)]
    [InlineData(null, "", false)]
    [InlineData(null, null, false)]
    [InlineData("Bearer first", "first", false)]
    public void Only_a_configured_key_is_accepted(string? authorization, string? apiKey, bool accepted) =>
        (Verifier("first", "second").Find(authorization, apiKey) is not null).ShouldBe(accepted);

    [Fact]
    public void Two_keys_at_once_are_rejected() =>
        Verifier("first").Find(new StringValues(["Bearer first", "Bearer first"]), default).ShouldBeNull();

    [Fact]
    public void Without_keys_nothing_is_accepted() => Verifier().Find("Bearer first", default).ShouldBeNull();

    [Fact]
    public void All_invalid_options_are_reported_at_once()
    {
        var options = new AuthOptions
        {
            ApiKeys =
            [
                new() { Name = "", Sha256 = new string('a', 64) },
                new() { Name = "inventory", Sha256 = "secret" },
                new() { Name = "inventory", Sha256 = new string('g', 64) },
            ],
        };

        new AuthOptionsValidator()
            .Validate(options)
            .Errors.Select(error => error.PropertyName)
            .ShouldBe(["ApiKeys[0].Name", "ApiKeys[1].Sha256", "ApiKeys[2].Sha256", "ApiKeys"]);
    }

    private static ApiKeyVerifier Verifier(params string[] keys) =>
        new([
            .. keys.Select(key => new ApiKey
            {
                Name = key,
                Sha256 = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            }),
        ]);
}
