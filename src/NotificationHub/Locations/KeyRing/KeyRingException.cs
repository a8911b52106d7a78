using System.Security.Cryptography;

namespace NotificationHub.Locations.KeyRing;

/// <summary>The key ring cannot be used now; the message says why and what to do.</summary>
internal sealed class KeyRingException(string message, Exception? innerException = null)
    : CryptographicException(message, innerException);
