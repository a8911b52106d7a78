using System.Globalization;
using System.Text;

namespace NotificationHub.Benchmarks.Load;

/// <summary>The bytes of a typical delivery as an HTTP request, with placeholders for a unique ID and an app.</summary>
internal sealed class DeliveryTemplate
{
    public const int Apps = 25;
    private const int IdDigits = 12;
    private const int AppDigits = 2;
    private const string IdPlace = "00000000-0000-4000-8000-000000000000";

    // An adamId whose last digits identify the app.
    private const string AppPlace = "408709700";

    private readonly byte[] request;
    private readonly int bodyStart;
    private readonly int idEnd;
    private readonly int[] appEnds;

    public DeliveryTemplate(Uri url, string token, int assignments)
    {
        var body = Body(assignments);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"
        );
        request = Encoding.UTF8.GetBytes(text);
        bodyStart = request.Length - Encoding.UTF8.GetByteCount(body);
        idEnd = EndsOf(IdPlace, text).Single();
        appEnds = [.. EndsOf(AppPlace, text)];
    }

    /// <summary>A separate buffer for each connection.</summary>
    public byte[] NewRequest() => [.. request];

    public void Number(byte[] copy, long number)
    {
        Write(copy, idEnd, IdDigits, number);
        foreach (var appEnd in appEnds)
        {
            Write(copy, appEnd, AppDigits, number % Apps);
        }
    }

    /// <summary>The body of a numbered copy, and its notification ID.</summary>
    public (byte[] Body, Range Id) BodyOf(byte[] copy)
    {
        var end = idEnd - bodyStart;
        return (copy[bodyStart..], (end - IdPlace.Length)..end);
    }

    private static string Body(int assignments)
    {
        var some = Enumerable
            .Range(0, assignments)
            .Select(index =>
                $$"""{"adamId":"{{AppPlace}}","pricingParam":"STDQ","serialNumber":"C02XK{{index:000}}JG5J"}"""
            );
        return $$"""
            {"notificationId":"{{IdPlace}}","notificationType":"ASSET_MANAGEMENT","notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"d6a3f64a-6c9b-4c7f-9c5c-2c6f4f6f2c11","assignments":[{{string.Join(
                ',',
                some
            )}}]},"uId":"2049025000431439"}
            """;
    }

    private static IEnumerable<int> EndsOf(string placeholder, string text)
    {
        for (
            var start = text.IndexOf(placeholder, StringComparison.Ordinal);
            start >= 0;
            start = text.IndexOf(placeholder, start + placeholder.Length, StringComparison.Ordinal)
        )
        {
            yield return start + placeholder.Length;
        }
    }

    private static void Write(byte[] copy, int end, int digits, long number)
    {
        for (var digit = 1; digit <= digits; digit++, number /= 10)
        {
            copy[end - digit] = (byte)('0' + (number % 10));
        }
    }
}
