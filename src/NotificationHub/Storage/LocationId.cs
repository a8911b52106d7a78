using System.Security.Cryptography;

namespace NotificationHub.Storage;

// The ID is part of the notification URL and of every event. So it is random, and reveals nothing.
internal static class LocationId
{
    private const int Length = 16;

    public static string Generate() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", Length);
}
