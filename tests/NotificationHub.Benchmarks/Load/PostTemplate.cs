using System.Globalization;
using System.Text;

namespace NotificationHub.Benchmarks.Load;

/// <summary>One post of Apple's usual kind, as the bytes of its whole HTTP request, with a place for a unique id.</summary>
internal sealed class PostTemplate
{
    private const string IdPlace = "00000000-0000-4000-8000-000000000000";
    private const int IdDigits = 12;

    private readonly byte[] request;
    private readonly int idEnd;

    public PostTemplate(Uri url, string token)
    {
        const string body = """
            {"notificationId":"00000000-0000-4000-8000-000000000000","notificationType":"ASSET_MANAGEMENT","notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"d6a3f64a-6c9b-4c7f-9c5c-2c6f4f6f2c11","assignments":[{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C02XK0AAJG5J"},{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C02XK0ABJG5J"},{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C02XK0ACJG5J"}]},"uId":"2049025000431439"}
            """;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"
        );
        request = Encoding.UTF8.GetBytes(text);
        idEnd = text.IndexOf(IdPlace, StringComparison.Ordinal) + IdPlace.Length;
    }

    /// <summary>A buffer of its own for each connection.</summary>
    public byte[] NewRequest() => [.. request];

    public void Number(byte[] copy, long number)
    {
        for (var digit = 1; digit <= IdDigits; digit++, number /= 10)
        {
            copy[idEnd - digit] = (byte)('0' + (number % 10));
        }
    }
}
