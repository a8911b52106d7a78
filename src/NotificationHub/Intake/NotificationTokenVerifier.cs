using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Intake;

// A pure function that does the same work for every outcome: neither the response nor its timing reveals which locations exist.
internal static class NotificationTokenVerifier
{
    /// <summary>The number of digests that are always compared, and so the maximum number of accepted secrets.</summary>
    public const int Slots = 8;

    private const string Scheme = "Bearer ";

    /// <summary>Apple's <c>maxNotificationLength</c>.</summary>
    private const int MaxTokenLength = 512;

    /// <returns>The slot of the accepted secret that the header contains; -1 if there is none.</returns>
    public static int Verify(StringValues authorization, AcceptedDigests accepted)
    {
        var token = ReadToken(authorization);
        var slot = accepted.Find(token);
        return token.IsEmpty ? -1 : slot;
    }

    /// <returns>Empty if the header is missing or malformed.</returns>
    private static ReadOnlySpan<char> ReadToken(StringValues authorization)
    {
        var value = authorization.Count == 1 ? authorization[0].AsSpan() : [];
        var token = value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? value[Scheme.Length..].Trim(' ')
            : [];
        return token.Length <= MaxTokenLength ? token : [];
    }
}

/// <summary>The SHA-256 digests of a location's accepted secrets, padded with random ones that no token matches.</summary>
internal sealed class AcceptedDigests
{
    private readonly byte[] digests = RandomNumberGenerator.GetBytes(
        NotificationTokenVerifier.Slots * SHA256.HashSizeInBytes
    );
    private readonly int used;

    /// <param name="accepted">The most important ones first: those beyond the number of slots are ignored.</param>
    public AcceptedDigests(IEnumerable<byte[]> accepted)
    {
        foreach (var digest in accepted.Take(NotificationTokenVerifier.Slots))
        {
            digest.CopyTo(Slot(used));
            used++;
        }
    }

    public static AcceptedDigests UnknownLocation { get; } = new([]);

    /// <summary>Finds the slot of a token in constant time; -1 if none matches.</summary>
    public int Find(ReadOnlySpan<char> token)
    {
        // Headers are decoded as Latin-1, so these are the bytes that the client sent.
        Span<byte> bytes = stackalloc byte[token.Length];
        Encoding.Latin1.GetBytes(token, bytes);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        var found = 0;
        for (var slot = 0; slot < NotificationTokenVerifier.Slots; slot++)
        {
            var matches = CryptographicOperations.FixedTimeEquals(digest, Slot(slot)) & slot < used;
            // No branch: the timing must not reveal which slot matched.
            found |= (slot + 1) & -Convert.ToInt32(matches);
        }

        return found - 1;
    }

    private Span<byte> Slot(int slot) => digests.AsSpan(slot * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes);
}
