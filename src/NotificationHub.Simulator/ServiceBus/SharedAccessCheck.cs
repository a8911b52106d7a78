using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Judges the SAS token of a request: whose key signed it, until when, and for which resource.</summary>
internal sealed class SharedAccessCheck(string keyName, string key, TimeProvider time)
{
    private const string Scheme = "SharedAccessSignature ";

    public void Demand(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw Unauthorized("The request has no SharedAccessSignature.");
        }

        var fields = Fields(header[Scheme.Length..]);
        if (!fields.TryGetValue("sr", out var resource) || !fields.TryGetValue("se", out var expiry))
        {
            throw Unauthorized("The token lacks sr or se.");
        }

        if (
            fields.GetValueOrDefault("skn") != keyName
            || !IsSigned(fields.GetValueOrDefault("sig"), $"{resource}\n{expiry}")
        )
        {
            throw Unauthorized("The token's signature is invalid.");
        }

        if (!long.TryParse(expiry, CultureInfo.InvariantCulture, out var seconds) || seconds <= Now())
        {
            throw Unauthorized("The token has expired.");
        }

        if (!Covers(Uri.UnescapeDataString(resource), request))
        {
            throw Unauthorized("The token is for another resource.");
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private bool IsSigned(string? signature, string text)
    {
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text));
        var given = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(signature ?? ""));
        return CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Convert.ToBase64String(expected)));
    }

    private static bool Covers(string resource, HttpRequest request) =>
        Uri.TryCreate(resource, UriKind.Absolute, out var uri)
        && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
        && request.Path.StartsWithSegments(uri.AbsolutePath.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, string> Fields(string token)
    {
        var fields = new Dictionary<string, string>();
        foreach (var field in token.Split('&'))
        {
            var at = field.IndexOf('=', StringComparison.Ordinal);
            if (at < 0 || !fields.TryAdd(field[..at], field[(at + 1)..]))
            {
                throw Unauthorized("The token is malformed.");
            }
        }

        return fields;
    }

    private static ServiceBusRefusal Unauthorized(string detail) => new(401, detail);
}
