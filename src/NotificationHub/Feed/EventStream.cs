using System.Buffers;
using System.Globalization;
using System.Text;
using NotificationHub.Events;
using NotificationHub.Publishing;

namespace NotificationHub.Feed;

/// <summary>The event log as Server-Sent Events. The ID of each is the event's <c>seq</c>, which a client returns as <c>Last-Event-ID</c>.</summary>
// See https://html.spec.whatwg.org/multipage/server-sent-events.html. Pages are written one at a time, and each is flushed before the next is
// read, so a slow client costs a page of memory and no database connection.
internal static class EventStream
{
    public const string MediaType = "text/event-stream";

    public const string LastIdHeader = "Last-Event-ID";

    private const int PageSize = 500;

    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    public static bool IsRequestedBy(HttpRequest request) =>
        request
            .GetTypedHeaders()
            .Accept.Any(accepted => accepted.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase));

    /// <summary>Writes events until the client disconnects, the hub stops, or the next events were deleted.</summary>
    public static async Task WriteAsync(
        HttpResponse response,
        EventFeed feed,
        CloudEventWriter writer,
        FeedQuery query,
        CancellationToken cancellationToken
    )
    {
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        var position = query.After ?? 0;
        // A client waits for the headers.
        WriteHeartbeat(response, position);
        await response.BodyWriter.FlushAsync(cancellationToken);
        while (true)
        {
            var page = await feed.ReadOrWaitAsync(
                position,
                query.Filter,
                PageSize,
                HeartbeatInterval,
                cancellationToken
            );
            position = page.Position;
            foreach (var entry in page.Entries)
            {
                Write(
                    response,
                    $"id: {entry.Seq.ToString(CultureInfo.InvariantCulture)}\nevent: {EventTypes.Of(entry.Type)}\ndata: "
                );
                writer.Write(entry, response.BodyWriter);
                Write(response, "\n\n");
            }

            if (page.Entries.Count == 0)
            {
                if (await feed.ReadOldestAsync(cancellationToken) - 1 > position)
                {
                    // The client's next request gets a 410.
                    return;
                }

                WriteHeartbeat(response, position);
            }

            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    // Without data, a client reports no event, but remembers the position: a filter with few matches does not scan the same events again.
    private static void WriteHeartbeat(HttpResponse response, long position) =>
        Write(response, $": heartbeat\nid: {position.ToString(CultureInfo.InvariantCulture)}\n\n");

    private static void Write(HttpResponse response, string text) =>
        response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));
}
