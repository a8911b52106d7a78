using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Auth;

/// <summary>Judges a key from the headers alone: <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>.</summary>
internal sealed class ApiKeyVerifier<TKey>(IReadOnlyList<TKey> accepted)
    where TKey : ApiKey
{
    private const string Scheme = "Bearer ";

    private readonly (byte[] Digest, TKey Key)[] keys =
    [
        .. accepted.Select(key => (Convert.FromHexString(key.Sha256), key)),
    ];

    public bool HasKeys => keys.Length > 0;

    /// <summary>Whose the one key is that is presented; null where it is nobody's. It takes as long whichever it is.</summary>
    public TKey? Find(StringValues authorization, StringValues apiKey)
    {
        if (Presented(authorization, apiKey) is not { Length: > 0 } presented)
        {
            return null;
        }

        // Headers are decoded as Latin-1, so these are the bytes that the client sent.
        var digest = SHA256.HashData(Encoding.Latin1.GetBytes(presented));
        TKey? found = null;
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
