using System.Collections.Concurrent;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Secrecy;

/// <summary>A Service Bus that rejects every token with an error that quotes the token.</summary>
internal sealed class EchoingBus : IAsyncDisposable
{
    public const string Key = "sas-key-Zm9vYmFyYmF6cXV4+/5c1d=";

    private readonly ConcurrentQueue<string> tokens = new();
    private readonly LocalServiceBus bus;

    private EchoingBus(LocalServiceBus bus) => this.bus = bus;

    public string ConnectionString => bus.ConnectionString;

    /// <summary>The signatures of the rejected tokens.</summary>
    public IReadOnlyList<string> Signatures =>
        [
            .. tokens
                .Select(token => token.Split('&').First(part => part.Contains("sig=", StringComparison.Ordinal)))
                .Select(part => Uri.UnescapeDataString(part[(part.IndexOf("sig=", StringComparison.Ordinal) + 4)..]))
                .Distinct(StringComparer.Ordinal),
        ];

    public static async Task<EchoingBus> StartAsync()
    {
        var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Key = Key });
        var echoing = new EchoingBus(bus);
        bus.Faults.RefuseTokens = token =>
        {
            echoing.tokens.Enqueue(token);
            return $"InvalidSignature: {token}. TrackingId:abc";
        };
        return echoing;
    }

    public ValueTask DisposeAsync() => bus.DisposeAsync();
}
