using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>
/// Signs requests with the namespace's shared access key. A token serves until little of its life is left.
/// </summary>
/// <remarks>See https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas.</remarks>
internal sealed class SharedAccessSignatures(ServiceBusConnectionString connection, TimeProvider time)
    : HttpPipelineSynchronousPolicy
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    // Leaves room for a send that takes its time, and for clocks that differ.
    private static readonly TimeSpan Reserve = TimeSpan.FromMinutes(10);

    private Signed? current;

    public override void OnSendingRequest(HttpMessage message) =>
        message.Request.Headers.SetValue("Authorization", Token());

    /// <summary>The value of the Authorization header.</summary>
    public string Token()
    {
        var now = time.GetUtcNow();
        var signed = Volatile.Read(ref current);
        // A clock that was set back must not keep a token that the bus may think is of the past.
        if (signed is null || now >= signed.At + Life - Reserve || now < signed.At)
        {
            signed = new Signed(Sign(now + Life), now);
            Volatile.Write(ref current, signed);
        }

        return signed.Token;
    }

    private string Sign(DateTimeOffset expiry)
    {
        var resource = Uri.EscapeDataString(connection.Endpoint.AbsoluteUri);
        var seconds = expiry.ToUnixTimeSeconds();
        var hash = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(connection.Key),
            Encoding.UTF8.GetBytes($"{resource}\n{seconds}")
        );
        var signature = Uri.EscapeDataString(Convert.ToBase64String(hash));
        var keyName = Uri.EscapeDataString(connection.KeyName);
        return $"SharedAccessSignature sr={resource}&sig={signature}&se={seconds}&skn={keyName}";
    }

    private sealed record Signed(string Token, DateTimeOffset At);
}
