using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary><c>GET /events</c>: the event log as one CloudEvent per line, byte for byte as sent to Service Bus.</summary>
internal static class EventFeedEndpoints
{
    private const string RetrySeconds = "5";

    public static void MapEventFeed(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/events", ReadAsync);
        routes.MapGet("/events/{id}", FindAsync);
    }

    private static async Task<Results<ValidationProblem, ProblemHttpResult, EmptyHttpResult>> ReadAsync(
        [AsParameters] FeedParameters parameters,
        HttpContext context,
        EventFeed feed,
        CloudEventWriter writer,
        LongPolls longPolls,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken
    )
    {
        var isStream = EventStream.IsRequestedBy(context.Request);
        var lastId = isStream ? context.Request.Headers[EventStream.LastIdHeader].ToString() : "";
        if (FeedQuery.Create(parameters, lastId, out var errors) is not { } query)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var scope = ConsumerScope.From(context.User);
        var topic = query.Filter.Topic ?? (query.Filter.Type is { } type ? TopicMap.TopicOf(type) : null);
        if (scope.FindObstacle(topic, query.Filter.LocationId) is { } obstacle)
        {
            return OutOfScope(obstacle);
        }

        query = query with { Filter = Restrict(query.Filter, topic, scope) };

        var oldest = await feed.ReadOldestAsync(cancellationToken);
        if (query.After is { } after && after < oldest - 1)
        {
            return Gone(oldest);
        }

        var rejectionStatus = 0;
        using var poll =
            isStream || query.Wait > TimeSpan.Zero
                ? longPolls.TryBegin(HubPrincipal.NameOf(context.User), out rejectionStatus)
                : null;
        if (rejectionStatus != 0)
        {
            return TooManyPolls(context, rejectionStatus);
        }

        // Waiting consumers must not delay shutdown.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lifetime.ApplicationStopping
        );
        try
        {
            query = query with { After = query.After ?? oldest - 1 };
            await (
                isStream
                    ? EventStream.WriteAsync(context.Response, feed, writer, query, stopping.Token)
                    : WriteAsync(context.Response, feed, writer, query, stopping.Token)
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The process is stopping. Only complete lines were written, so the consumer continues after the last one.
        }

        return TypedResults.Empty;
    }

    private static async Task WriteAsync(
        HttpResponse response,
        EventFeed feed,
        CloudEventWriter writer,
        FeedQuery query,
        CancellationToken cancellationToken
    )
    {
        response.ContentType = Ndjson.MediaType;
        var remaining = query.Limit;
        var after = Math.Max(0, query.After ?? 0);
        var page = await feed.ReadOrWaitAsync(after, query.Filter, remaining, query.Wait, cancellationToken);
        if (page.Entries.Count == 0)
        {
            // Without this position, each request would scan the same rows again.
            response.Headers[FeedHeaders.Sequence] = page.Position.ToString(CultureInfo.InvariantCulture);
        }

        while (page.Entries.Count > 0)
        {
            foreach (var entry in page.Entries)
            {
                writer.Write(entry, response.BodyWriter);
                Ndjson.EndLine(response.BodyWriter);
            }

            await response.BodyWriter.FlushAsync(cancellationToken);
            remaining -= page.Entries.Count;
            if (remaining == 0)
            {
                return;
            }

            page = await feed.ReadAsync(page.Position, query.Filter, remaining, cancellationToken);
        }
    }

    private static async Task<Results<NotFound, ProblemHttpResult, EmptyHttpResult>> FindAsync(
        string id,
        HttpContext context,
        EventFeed feed,
        CloudEventWriter writer,
        CancellationToken cancellationToken
    )
    {
        if (await feed.FindAsync(id, cancellationToken) is not { } entry)
        {
            return TypedResults.NotFound();
        }

        if (ConsumerScope.From(context.User).FindObstacle(entry.Topic, entry.LocationId) is { } obstacle)
        {
            return OutOfScope(obstacle);
        }

        context.Response.ContentType = "application/cloudevents+json";
        writer.Write(entry, context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
        return TypedResults.Empty;
    }

    // A single topic, which a type implies, is read through its index.
    private static EventFilter Restrict(EventFilter filter, string? topic, ConsumerScope scope) =>
        filter with
        {
            Topic = topic ?? (scope.Topics is [var only] ? only : null),
            Topics = scope.Topics,
            Locations = scope.Locations,
        };

    public static ProblemHttpResult OutOfScope(string obstacle) =>
        TypedResults.Problem(obstacle, statusCode: StatusCodes.Status403Forbidden);

    private static ProblemHttpResult TooManyPolls(HttpContext context, int status)
    {
        context.Response.Headers.RetryAfter = RetrySeconds;
        return TypedResults.Problem(
            status == StatusCodes.Status429TooManyRequests
                ? "This consumer has too many requests waiting for events. Send fewer at the same time, or omit wait."
                : "Too many requests are waiting for events. Retry later, or omit wait.",
            statusCode: status
        );
    }

    private static ProblemHttpResult Gone(long oldest) =>
        TypedResults.Problem(
            $"The log begins at {oldest}. Start over from a snapshot, or continue from there.",
            statusCode: StatusCodes.Status410Gone,
            title: "The requested events are no longer stored.",
            extensions: [KeyValuePair.Create<string, object?>("oldest", oldest)]
        );
}

/// <summary>
/// <c>GET /snapshot/{location}/{kind}</c>: the current records, one <c>{key, revision, record}</c> per line. A consumer starts
/// with them, continues with the events after the header's sequence, and keeps the highest revision of each record.
/// </summary>
internal static class SnapshotEndpoints
{
    public static void MapSnapshots(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/snapshot/{location}/{kind}", ReadAsync);

    private static async Task<Results<NotFound, ProblemHttpResult, EmptyHttpResult>> ReadAsync(
        string location,
        string kind,
        HttpContext context,
        SnapshotFeed snapshots,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken
    )
    {
        var topic = TopicMap.Knows($"{kind}.changed") ? TopicMap.TopicOf($"{kind}.changed") : null;
        if (ConsumerScope.From(context.User).FindObstacle(topic, location) is { } obstacle)
        {
            return EventFeedEndpoints.OutOfScope(obstacle);
        }

        if (await snapshots.ReadSequenceAsync(location, kind, cancellationToken) is not { } sequence)
        {
            return TypedResults.NotFound();
        }

        context.Response.ContentType = Ndjson.MediaType;
        context.Response.Headers[FeedHeaders.Sequence] = sequence.ToString(CultureInfo.InvariantCulture);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lifetime.ApplicationStopping
        );
        try
        {
            await snapshots.WriteAsync(location, kind, context.Response.BodyWriter, stopping.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The process is stopping. A normal end of the response would make a partial snapshot look complete.
            context.Abort();
        }

        return TypedResults.Empty;
    }
}

internal static class FeedHeaders
{
    public const string Sequence = "NotificationHub-Sequence";
}

internal static class Ndjson
{
    public const string MediaType = "application/x-ndjson";

    public static void EndLine(IBufferWriter<byte> output) => output.Write("\n"u8);
}
