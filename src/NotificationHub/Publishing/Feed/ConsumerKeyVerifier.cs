using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Publishing.Feed;

/// <summary>Judges a consumer's key from the headers alone: <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>.</summary>
internal sealed class ConsumerKeyVerifier(IOptions<ConsumerOptions> options)
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] accepted = [.. options.Value.ApiKeys.Select(key => Convert.FromHexString(key.Sha256))];

    public bool HasKeys => accepted.Length > 0;

    /// <summary>Whether the one key that is presented is accepted; it takes as long whichever it is.</summary>
    public bool IsAccepted(StringValues authorization, StringValues apiKey)
    {
        if (Presented(authorization, apiKey) is not { Length: > 0 } key)
        {
            return false;
        }

        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        var found = false;
        foreach (var candidate in accepted)
        {
            found |= CryptographicOperations.FixedTimeEquals(candidate, digest);
        }

        return found;
    }

    private static string? Presented(StringValues authorization, StringValues apiKey) =>
        (authorization, apiKey) switch
        {
            ([{ } value], []) when value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) => value[
                Scheme.Length..
            ]
                .Trim(),
            ([], [{ } value]) => value,
            _ => null,
        };
}
