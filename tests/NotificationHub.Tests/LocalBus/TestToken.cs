using System.Security.Cryptography;
using System.Text;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.LocalBus;

/// <summary>Creates SAS tokens for a part of a local Service Bus, or with a past expiry.</summary>
internal static class TestToken
{
    public const string KeyName = "RootManageSharedAccessKey";

    public static DateTimeOffset InAnHour => TimeProvider.System.GetUtcNow().AddHours(1);

    public static string Sign(
        LocalServiceBus bus,
        string path,
        DateTimeOffset expiry,
        string key,
        string name = KeyName
    )
    {
        var resource = Uri.EscapeDataString(bus.Endpoint + path);
        var seconds = expiry.ToUnixTimeSeconds();
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{resource}\n{seconds}"));
        var signature = Uri.EscapeDataString(Convert.ToBase64String(hash));
        return $"SharedAccessSignature sr={resource}&sig={signature}&se={seconds}&skn={name}";
    }

    /// <summary>A connection string with the token instead of the key.</summary>
    public static string ConnectionString(LocalServiceBus bus, string token) =>
        $"Endpoint={bus.Endpoint};UseDevelopmentEmulator=true;SharedAccessSignature={token}";
}
