using System.Net.Http.Headers;

namespace NotificationHub.Apple;

internal static class RetryAfter
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Converts seconds or an HTTP date to a delay after the response; null if the header is absent or invalid.</summary>
    public static TimeSpan? Read(HttpResponseHeaders headers, TimeProvider time)
    {
        // The date refers to Apple's clock, like the Date header of the response.
        var wait = headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - (headers.Date ?? time.GetUtcNow());
        return wait is { } span ? TimeSpan.FromTicks(Math.Clamp(span.Ticks, 0, Longest.Ticks)) : null;
    }
}
