using System.Diagnostics;
using System.Globalization;
using System.Text;
using NotificationHub.LocalBus;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>The local Service Bus, with a reader that measures each event's latency since its delivery.</summary>
internal static class BusServer
{
    /// <summary>Prints the connection string; then, for each line read, the results since the last one.</summary>
    public static async Task RunAsync()
    {
        await using var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { KeepHistory = false });
        List<double> lags = [];
        foreach (var subscription in bus.Topic("assets").Subscriptions.Skip(1))
        {
            _ = DrainAsync(bus, subscription.Name, lag: null);
        }

        _ = DrainAsync(bus, bus.Topic("assets").Subscriptions[0].Name, lags);
        Console.WriteLine(bus.ConnectionString);
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(Report(bus, lags));
        }
    }

    private static string Report(LocalServiceBus bus, List<double> lags)
    {
        lock (lags)
        {
            lags.Sort();
            var p99 = lags.Count == 0 ? 0 : lags[(int)((lags.Count - 1) * 0.99)];
            var p50 = lags.Count == 0 ? 0 : lags[lags.Count / 2];
            var line = string.Create(CultureInfo.InvariantCulture, $"{lags.Count} {p50} {p99} {bus.Violations.Count}");
            lags.Clear();
            return line;
        }
    }

    private static async Task DrainAsync(LocalServiceBus bus, string subscription, List<double>? lag)
    {
        await foreach (var message in bus.Tap("assets", subscription).ReadAllAsync())
        {
            if (lag is not null && ReadTime(message.Body.Span) is { } postedAt)
            {
                lock (lag)
                {
                    lag.Add((TimeProvider.System.GetUtcNow() - postedAt).TotalMilliseconds);
                }
            }
        }
    }

    private static DateTimeOffset? ReadTime(ReadOnlySpan<byte> body)
    {
        var name = "\"time\":\""u8;
        var start = body.IndexOf(name);
        if (start < 0)
        {
            return null;
        }

        var value = body[(start + name.Length)..];
        var text = Encoding.ASCII.GetString(value[..value.IndexOf((byte)'"')]);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time)
            ? time
            : throw new UnreachableException();
    }
}
