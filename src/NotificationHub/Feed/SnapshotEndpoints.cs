using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace NotificationHub.Feed;

/// <summary>
/// <c>GET /snapshot/{location}/{kind}</c>: the current records, one <c>{key, revision, record}</c> per line. A consumer starts
/// with them, continues with the events after the header's sequence, and keeps the highest revision of each record.
/// </summary>
internal static class SnapshotEndpoints
{
    public static void MapSnapshots(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/snapshot/{location}/{kind}", ReadAsync);

    private static async Task<Results<NotFound, EmptyHttpResult>> ReadAsync(
        string location,
        string kind,
        HttpContext context,
        SnapshotFeed snapshots,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken
    )
    {
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
