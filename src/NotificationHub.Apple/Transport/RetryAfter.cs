using System.Net.Http.Headers;

namespace NotificationHub.Apple;

internal static class RetryAfter
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Seconds or an HTTP date, as a span from the answer on; null where the header is absent or not readable.</summary>
    public static TimeSpan? Read(HttpResponseHeaders headers, TimeProvider time)
    {
        // The date is by Apple's clock, and so is the answer's own.
        var wait = headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - (headers.Date ?? time.GetUtcNow());
        return wait is { } span ? TimeSpan.FromTicks(Math.Clamp(span.Ticks, 0, Longest.Ticks)) : null;
    }
}
