using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace NotificationHub.Publishing.Feed;

/// <summary>
/// <c>GET /snapshot/{location}/{kind}</c>: the current records, one <c>{key, revision, record}</c> a line. A consumer starts
/// from them and goes on with the events after the header's sequence.
/// </summary>
internal static class SnapshotEndpoints
{
    public const string SequenceHeader = "NotificationHub-Sequence";

    public static void MapSnapshots(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/snapshot/{location}/{kind}", ReadAsync);

    private static async Task<Results<NotFound, EmptyHttpResult>> ReadAsync(
        string location,
        string kind,
        HttpContext context,
        SnapshotFeed snapshots,
        CancellationToken cancellationToken
    )
    {
        if (await snapshots.ReadAsync(location, kind, cancellationToken) is not { } snapshot)
        {
            return TypedResults.NotFound();
        }

        await using (snapshot)
        {
            context.Response.ContentType = Ndjson.MediaType;
            context.Response.Headers[SequenceHeader] = snapshot.Sequence.ToString(CultureInfo.InvariantCulture);
            await snapshot.Lines.DrainBufferAsync(context.Response.BodyWriter, cancellationToken);
        }

        return TypedResults.Empty;
    }
}
