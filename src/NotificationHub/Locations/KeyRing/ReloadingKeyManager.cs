using Microsoft.AspNetCore.DataProtection.Internal;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// Data Protection's key manager, which can be told to read the ring again. By itself it does so once a day and, where a key could not be
/// unwrapped (the Key Vault was away), keeps that fault until the process ends.
/// </summary>
internal sealed class ReloadingKeyManager(
    IOptions<KeyManagementOptions> options,
    IActivator activator,
    ILoggerFactory loggers,
    TimeProvider time
) : IKeyManager, IDisposable
{
    /// <summary>A token that cannot be decrypted at all must not have the ring read at every try.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private volatile XmlKeyManager keys = new(options, activator, loggers);
    private CancellationTokenSource? ring;
    private long readAt;

    /// <summary>Lets the next use have the ring read again, in the background: the use after it sees what has changed.</summary>
    public void ReadAgain()
    {
        lock (gate)
        {
            // Only a new one forgets the faults of keys that are known.
            keys = new XmlKeyManager(options, activator, loggers);
            ring?.Cancel();
        }
    }

    public void ReadAgainUnlessJustRead()
    {
        lock (gate)
        {
            if (time.GetElapsedTime(readAt) >= Pause)
            {
                ReadAgain();
            }
        }
    }

    public CancellationToken GetCacheExpirationToken()
    {
        lock (gate)
        {
            ring?.Dispose();
            ring = CancellationTokenSource.CreateLinkedTokenSource(keys.GetCacheExpirationToken());
            readAt = time.GetTimestamp();
            return ring.Token;
        }
    }

    public IReadOnlyCollection<IKey> GetAllKeys() => keys.GetAllKeys();

    public IKey CreateNewKey(DateTimeOffset activationDate, DateTimeOffset expirationDate) =>
        keys.CreateNewKey(activationDate, expirationDate);

    public void RevokeKey(Guid keyId, string? reason = null) => keys.RevokeKey(keyId, reason);

    public void RevokeAllKeys(DateTimeOffset revocationDate, string? reason = null) =>
        keys.RevokeAllKeys(revocationDate, reason);

    public void Dispose() => ring?.Dispose();
}
