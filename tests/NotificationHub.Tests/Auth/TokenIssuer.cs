using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace NotificationHub.Tests.Auth;

/// <summary>Issues tokens as Entra ID does, from this machine: an OpenID configuration, a key set, and RSA signatures.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    public const string Audience = "api://notification-hub";

    private readonly RSA rsa = RSA.Create(2048);
    private readonly WebApplication app;

    private TokenIssuer(WebApplication app)
    {
        this.app = app;
        Key = new RsaSecurityKey(rsa) { KeyId = "issuer-key" };
    }

    public RsaSecurityKey Key { get; }

    public string Authority => app.Urls.Single();

    public string[] Settings => [$"Auth:Entra:Authority={Authority}", $"Auth:Entra:Audience={Audience}"];

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var issuer = new TokenIssuer(builder.Build());
        issuer.app.MapGet(
            "/.well-known/openid-configuration",
            () => TypedResults.Ok(new { issuer = issuer.Authority, jwks_uri = $"{issuer.Authority}/keys" })
        );
        issuer.app.MapGet("/keys", () => TypedResults.Ok(new { keys = new[] { issuer.PublicKey() } }));
        await issuer.app.StartAsync();
        return issuer;
    }

    /// <param name="roles">The app roles.</param>
    /// <param name="shape">What is to be otherwise than in a good token.</param>
    public string Issue(string[] roles, Action<SecurityTokenDescriptor>? shape = null)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var token = new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = Audience,
            NotBefore = now.AddHours(-2),
            IssuedAt = now.AddHours(-2),
            Expires = now.AddHours(1),
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["oid"] = "0d7e9c1a-person",
                ["preferred_username"] = "person@example.com",
                ["roles"] = roles,
            },
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.RsaSha256),
        };
        shape?.Invoke(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        rsa.Dispose();
    }

    private object PublicKey()
    {
        var key = rsa.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            kid = Key.KeyId,
            n = Base64UrlEncoder.Encode(key.Modulus),
            e = Base64UrlEncoder.Encode(key.Exponent),
        };
    }
}
