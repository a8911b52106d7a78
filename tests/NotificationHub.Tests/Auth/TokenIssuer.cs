using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace NotificationHub.Tests.Auth;

/// <summary>Issues tokens as Entra ID does, from this machine: an OpenID configuration, a key set, and RSA signatures.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    public const string Audience = "api://notification-hub";

    public const string ClientId = "c4f1-console";
    private const string ClientSecret = "console-secret";

    private readonly ConcurrentDictionary<string, SignInRequest> codes = new(StringComparer.Ordinal);
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

    /// <summary>The settings for sign-in to the console.</summary>
    public string[] SignInSettings =>
        [.. Settings, $"Auth:Entra:ClientId={ClientId}", $"Auth:Entra:ClientSecret={ClientSecret}"];

    /// <summary>The app roles of the person who signs in.</summary>
    public string[] SignInRoles { get; set; } = [];

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var issuer = new TokenIssuer(builder.Build());
        issuer.app.MapGet(
            "/.well-known/openid-configuration",
            () =>
                TypedResults.Ok(
                    new
                    {
                        issuer = issuer.Authority,
                        jwks_uri = $"{issuer.Authority}/keys",
                        authorization_endpoint = $"{issuer.Authority}/authorize",
                        token_endpoint = $"{issuer.Authority}/token",
                    }
                )
        );
        issuer.app.MapGet("/authorize", issuer.Authorize);
        // Not a RequestDelegate, which ignores the result.
        issuer.app.MapPost("/token", (Delegate)issuer.ExchangeAsync);
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

    // The person signs in at once.
    private RedirectHttpResult Authorize(HttpContext context)
    {
        var query = context.Request.Query;
        var code = Guid.NewGuid().ToString("N");
        codes[code] = new SignInRequest(query["client_id"]!, query["nonce"]!, query["code_challenge"]!);
        return TypedResults.Redirect(
            $"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"]!)}"
        );
    }

    private async Task<IResult> ExchangeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var challenge = Base64UrlEncoder.Encode(
            SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))
        );
        if (
            !codes.TryRemove(form["code"].ToString(), out var request)
            || request.ClientId != form["client_id"]
            || request.Challenge != challenge
            || form["client_secret"] != ClientSecret
        )
        {
            return TypedResults.BadRequest(new { error = "invalid_grant" });
        }

        var token = Issue(
            SignInRoles,
            token =>
            {
                token.Audience = ClientId;
                token.Claims["nonce"] = request.Nonce;
                token.Claims["sub"] = "pairwise-subject";
                token.IssuedAt = TimeProvider.System.GetUtcNow().UtcDateTime;
            }
        );
        return TypedResults.Ok(
            new
            {
                id_token = token,
                access_token = "unused",
                token_type = "Bearer",
            }
        );
    }

    private sealed record SignInRequest(string ClientId, string Nonce, string Challenge);

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
