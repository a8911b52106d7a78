using System.Security.Cryptography;

namespace NotificationHub.Locations.KeyRing;

/// <summary>A key outside the database that wraps the random keys with which the secrets of the key ring are encrypted.</summary>
internal interface IKeyWrap
{
    /// <exception cref="CryptographicException">It cannot be had; the message says what to do.</exception>
    WrappedKey Wrap(byte[] secret);

    /// <summary>Whether it can unwrap what says that it was wrapped by that one.</summary>
    bool Knows(string wrappedBy);

    /// <exception cref="CryptographicException">It cannot be had, or it is another one; the message says what to do.</exception>
    byte[] Unwrap(WrappedKey wrapped);
}

/// <summary>A wrapped key, and the name of what can unwrap it.</summary>
internal sealed record WrappedKey(string By, byte[] Bytes);
