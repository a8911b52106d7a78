using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Auth;

/// <summary>Finds the key that a request presents as <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>.</summary>
internal sealed class ApiKeyVerifier(IReadOnlyList<ApiKey> accepted)
{
    private const string Scheme = "Bearer ";

    private readonly (byte[] Digest, ApiKey Key)[] keys =
    [
        .. accepted.Select(key => (Convert.FromHexString(key.Sha256), key)),
    ];

    /// <returns>The key, in constant time; null without a valid one.</returns>
    // Headers are decoded as Latin-1, so these are the bytes that the client sent.
    public ApiKey? Find(StringValues authorization, StringValues apiKey) =>
        Presented(authorization, apiKey) is { Length: > 0 } presented
            ? Find(Encoding.Latin1.GetBytes(presented))
            : null;

    /// <returns>The key that a form contains, in constant time; null for an unknown one.</returns>
    public ApiKey? Find(string key) => Find(Encoding.UTF8.GetBytes(key));

    private ApiKey? Find(byte[] presented)
    {
        var digest = SHA256.HashData(presented);
        ApiKey? found = null;
        foreach (var (candidate, key) in keys)
        {
            found = CryptographicOperations.FixedTimeEquals(candidate, digest) ? key : found;
        }

        return found;
    }

    private static string? Presented(StringValues authorization, StringValues apiKey) =>
        (authorization, apiKey) switch
        {
            ([{ } value], []) when value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) => value[
                Scheme.Length..
            ]
                .Trim(' '),
            ([], [{ } value]) => value,
            _ => null,
        };
}

internal sealed class ApiKeyHandler(
    ApiKeyVerifier keys,
    ApiAccessRules access,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var user =
            keys.Find(Request.Headers.Authorization, Request.Headers[ApiKey.Header]) is { } key
                ? HubPrincipal.Create($"key:{key.Name}", Scheme.Name, key)
            : access.IsOpenTo(Context)
                ? HubPrincipal.Create("loopback", Scheme.Name, HubPolicies.Consume, HubPolicies.Operate)
            : null;
        return Task.FromResult(
            user is null
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name))
        );
    }
}
