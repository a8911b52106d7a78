using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace NotificationHub.Feed;

/// <summary>
/// <c>GET /snapshot/{location}/{kind}</c>: the current records, one <c>{key, revision, record}</c> a line. A consumer starts
/// from them and goes on with the events after the header's sequence, keeping the highest revision of each.
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
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lifetime.ApplicationStopping
        );
        try
        {
            await snapshots.WriteAsync(location, kind, context.Response.BodyWriter, ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The process ends. A regular end of the answer would make a part of the records look like all of them.
            context.Abort();
        }

        return TypedResults.Empty;
    }
}
