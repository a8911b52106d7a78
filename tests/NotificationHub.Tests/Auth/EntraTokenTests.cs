using System.Net;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using NotificationHub.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Auth;

public sealed class EntraTokenTests
{
    [Fact]
    public async Task A_token_allows_what_its_app_roles_allow()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var host = await AdminHost.StartAsync("Production", issuer.Settings);
        var reading = issuer.Issue([HubPolicies.Read]);
        var operating = issuer.Issue(["Other.Role", HubPolicies.Operate]);

        (await host.ReadAsync(reading)).ShouldBe(HttpStatusCode.OK);
        (await host.ChangeAsync(reading)).ShouldBe(HttpStatusCode.Forbidden);
        (await host.ReadAsync(operating)).ShouldBe(HttpStatusCode.OK);
        (await host.ChangeAsync(operating)).ShouldBe(HttpStatusCode.OK);
        (await host.ReadAsync(issuer.Issue([]))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_token_with_the_role_Consume_reads_the_feed_and_nothing_else()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var hub = await ScenarioHub.StartAsync(["environment=Production", .. issuer.Settings]);
        var consumer = issuer.Issue([HubPolicies.Consume]);

        (await SendAsync(hub, "/events", consumer)).ShouldBe(HttpStatusCode.OK);
        (await SendAsync(hub, "/admin/locations", consumer)).ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(hub, "/events", issuer.Issue([HubPolicies.Operate]))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_caller_is_identified_by_the_object_ID()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var host = await AdminHost.StartAsync("Production", issuer.Settings);

        using var response = await host.GetAsync(issuer.Issue([HubPolicies.Read]));

        (await response.Content.ReadAsStringAsync()).ShouldBe("entra:0d7e9c1a-person");
    }

    [Fact]
    public async Task A_key_is_accepted_in_addition_to_tokens()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var host = await AdminHost.StartAsync(
            "Production",
            [.. issuer.Settings, .. AdminHost.Key(0, "dashboard", "reading-key", "Read")]
        );

        (await host.ReadAsync("reading-key")).ShouldBe(HttpStatusCode.OK);
        (await host.ReadAsync(issuer.Issue([HubPolicies.Read]))).ShouldBe(HttpStatusCode.OK);
    }

    public static TheoryData<string, Action<SecurityTokenDescriptor>> Flaws =>
        new()
        {
            { "audience", token => token.Audience = "api://another" },
            { "issuer", token => token.Issuer = "https://sts.example.com/" },
            { "expired", token => token.Expires = token.NotBefore!.Value.AddMinutes(30) },
            { "not yet", token => token.NotBefore = token.Expires!.Value.AddMinutes(-30) },
            { "endless", token => token.Expires = null },
            { "unsigned", token => token.SigningCredentials = null },
            { "key", token => token.SigningCredentials = Signed(new RsaSecurityKey(RSA.Create(2048))) },
            {
                "symmetric",
                token =>
                    token.SigningCredentials = new SigningCredentials(
                        new SymmetricSecurityKey(new byte[64]),
                        SecurityAlgorithms.HmacSha256
                    )
            },
        };

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task An_invalid_token_gets_401(string flaw, Action<SecurityTokenDescriptor> make)
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var host = await AdminHost.StartAsync("Production", issuer.Settings);

        using var response = await host.GetAsync(issuer.Issue([HubPolicies.Operate], make));

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, flaw);
        response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("detail");
    }

    // An attacker knows the public key, and may use it as a secret.
    [Fact]
    public async Task A_token_with_another_algorithm_and_the_issuers_key_gets_401()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var host = await AdminHost.StartAsync("Production", issuer.Settings);
        var modulus = issuer.Key.Rsa.ExportParameters(includePrivateParameters: false).Modulus;
        SigningCredentials[] others =
        [
            new(
                new SymmetricSecurityKey(issuer.Key.Rsa.ExportSubjectPublicKeyInfo()) { KeyId = issuer.Key.KeyId },
                SecurityAlgorithms.HmacSha256
            ),
            new(new SymmetricSecurityKey(modulus) { KeyId = issuer.Key.KeyId }, SecurityAlgorithms.HmacSha256),
            new(issuer.Key, SecurityAlgorithms.RsaSha512),
            new(issuer.Key, SecurityAlgorithms.RsaSsaPssSha256),
        ];

        foreach (var other in others)
        {
            var token = issuer.Issue([HubPolicies.Operate], one => one.SigningCredentials = other);

            (await host.ReadAsync(token)).ShouldBe(HttpStatusCode.Unauthorized, other.Algorithm);
        }

        (await host.ReadAsync(issuer.Issue([HubPolicies.Operate]))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_the_issuer_is_unreachable_every_token_gets_401()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var token = issuer.Issue([HubPolicies.Operate]);
        await using var host = await AdminHost.StartAsync(
            "Production",
            "Auth:Entra:Authority=http://127.0.0.1:1",
            $"Auth:Entra:Audience={TokenIssuer.Audience}"
        );

        (await host.ReadAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static SigningCredentials Signed(RsaSecurityKey key) => new(key, SecurityAlgorithms.RsaSha256);

    private static async Task<HttpStatusCode> SendAsync(ScenarioHub hub, string path, string token)
    {
        var result = await hub.ScenarioAsync(request =>
        {
            request.Get.Url(path);
            request.Authenticate(token);
            request.IgnoreStatusCode();
        });
        return (HttpStatusCode)result.Context.Response.StatusCode;
    }
}
