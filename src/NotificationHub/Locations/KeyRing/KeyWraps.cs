using System.Security.Cryptography;

namespace NotificationHub.Locations.KeyRing;

/// <summary>What the key ring is wrapped by now, and what it was wrapped by before.</summary>
/// <param name="current">Null where keys are stored as they are.</param>
/// <param name="former">For unwrapping only.</param>
internal sealed class KeyWraps(IKeyWrap? current, IReadOnlyList<IKeyWrap> former) : IDisposable
{
    public IKeyWrap? Current => current;

    private IEnumerable<IKeyWrap> All => current is null ? former : [current, .. former];

    public bool Know(string wrappedBy) => All.Any(wrap => wrap.Knows(wrappedBy));

    /// <exception cref="CryptographicException">Nothing here can unwrap it; the message says what to do.</exception>
    public byte[] Unwrap(WrappedKey key) =>
        All.FirstOrDefault(wrap => wrap.Knows(key.By)) is { } known
            ? known.Unwrap(key)
            : throw new CryptographicException(
                $"A key of the key ring is wrapped by {key.By}, which is not among the settings. Name it in Locations:KeyRingOldCertificates:0 "
                    + "(a certificate) or Locations:KeyRingOldKeyVaultKeys:0 (a key of a Key Vault)."
            );

    public void Dispose()
    {
        foreach (var wrap in All.OfType<IDisposable>())
        {
            wrap.Dispose();
        }
    }
}
