using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>Validates SAS tokens: signature, expiry and resource.</summary>
internal sealed class SharedAccessCheck(string keyName, string key)
{
    private const string Scheme = "SharedAccessSignature ";

    /// <summary>The path that a valid token covers.</summary>
    /// <remarks>The host is not compared, because clients reach the bus by many names.</remarks>
    /// <exception cref="AmqpException">The token is invalid or expired.</exception>
    public string Resource(string? token)
    {
        if (token is null || !token.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw Unauthorized("The token is not a SharedAccessSignature.");
        }

        var fields = Fields(token[Scheme.Length..]);
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

        // The SDKs sign with the system's clock.
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        if (!long.TryParse(expiry, CultureInfo.InvariantCulture, out var seconds) || seconds <= now)
        {
            throw Unauthorized("The token has expired.");
        }

        return BusAddress.PathOf(Uri.UnescapeDataString(resource));
    }

    private bool IsSigned(string? signature, string text)
    {
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text));
        var given = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(signature ?? ""));
        return CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Convert.ToBase64String(expected)));
    }

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

    private static AmqpException Unauthorized(string detail) => new(AmqpConditions.UnauthorizedAccess, detail);
}
