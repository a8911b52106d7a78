using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Simulator.ServiceBus;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>A consumer as Service Bus's HTTP interface knows it: it locks a message, takes it in and completes it.</summary>
internal static class Receiver
{
    private const int AtOnce = 8;

    /// <summary>Takes all that waits in the subscription.</summary>
    /// <returns>The message ids, in no order: several are under way at once.</returns>
    /// <exception cref="HttpRequestException">The bus refused, or a lock was lost.</exception>
    public static async Task<IReadOnlyCollection<string>> TakeAllAsync(
        SimulatedServiceBus bus,
        string topic,
        string subscription,
        CancellationToken cancellationToken
    )
    {
        using var http = new HttpClient { BaseAddress = bus.Endpoint };
        _ = ServiceBusConnectionString.TryParse(bus.ConnectionString, out var connection, out _);
        http.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(
            new SharedAccessSignatures(connection!, bus.Time).Token()
        );
        var head = $"{topic}/subscriptions/{subscription}/messages/head?timeout=0";
        var taken = await Task.WhenAll(
            Enumerable.Range(0, AtOnce).Select(_ => TakeAllAsync(http, head, cancellationToken))
        );
        return [.. taken.SelectMany(ids => ids)];
    }

    private static async Task<List<string>> TakeAllAsync(
        HttpClient http,
        string head,
        CancellationToken cancellationToken
    )
    {
        List<string> ids = [];
        while (true)
        {
            using var locked = await http.PostAsync(head, content: null, cancellationToken);
            locked.EnsureSuccessStatusCode();
            if (locked.StatusCode == HttpStatusCode.NoContent)
            {
                return ids;
            }

            ids.Add(MessageIdOf(locked));
            using var completed = await http.DeleteAsync(locked.Headers.Location, cancellationToken);
            completed.EnsureSuccessStatusCode();
        }
    }

    private static string MessageIdOf(HttpResponseMessage locked)
    {
        using var broker = JsonDocument.Parse(locked.Headers.GetValues("BrokerProperties").Single());
        return broker.RootElement.GetProperty("MessageId").GetString()!;
    }
}
