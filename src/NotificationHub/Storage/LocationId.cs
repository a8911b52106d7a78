using System.Security.Cryptography;

namespace NotificationHub.Storage;

/// <summary>A location's name within the hub: part of its notification URL and of every event, so it tells nothing.</summary>
internal static class LocationId
{
    private const int Length = 16;

    public static string Generate() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", Length);
}
