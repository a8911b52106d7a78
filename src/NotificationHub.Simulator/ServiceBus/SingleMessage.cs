using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Reads a message whose properties stand in the request's headers.</summary>
internal static class SingleMessage
{
    private static readonly HashSet<string> OrdinaryHeaders = new(
        [
            "Accept",
            "Accept-Encoding",
            "Authorization",
            "BrokerProperties",
            "Connection",
            "Content-Length",
            "Content-Type",
            "Date",
            "Expect",
            "Host",
            "Request-Id",
            "traceparent",
            "tracestate",
            "Transfer-Encoding",
            "User-Agent",
            "x-ms-client-request-id",
            "x-ms-return-client-request-id",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    public static BusMessage Read(HttpRequest request, ReadOnlySpan<byte> body, int maxMessageBytes, DateTimeOffset now)
    {
        var properties = new Dictionary<string, object>();
        foreach (var (name, value) in request.Headers)
        {
            if (!OrdinaryHeaders.Contains(name))
            {
                ApplicationProperties.Add(properties, name, ApplicationProperties.FromHeader(name, value.ToString()));
            }
        }

        var message = Broker(request.Headers["BrokerProperties"]).ToMessage(body.ToArray(), properties, now) with
        {
            ContentType = request.ContentType,
        };
        MessageBatch.CheckSize(message, maxMessageBytes);
        return message;
    }

    private static BrokerProperties Broker(string? header)
    {
        if (header is null)
        {
            return new BrokerProperties();
        }

        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(header));
            reader.Read();
            var properties = BrokerProperties.Read(ref reader);
            reader.Read();
            return properties;
        }
        catch (JsonException e)
        {
            throw ServiceBusRefusal.Malformed("BrokerProperties is not JSON: " + e.Message);
        }
    }
}
