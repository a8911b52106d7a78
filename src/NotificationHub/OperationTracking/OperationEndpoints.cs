using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Auth;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>What the MDM announces, and what became of it.</summary>
internal static class OperationEndpoints
{
    private const string Tag = "Operations";
    private const int MostAnnouncements = 1_000;
    private const int MaxBodyBytes = 1024 * 1024;

    /// <param name="admin">Where administrators' routes are mapped.</param>
    /// <param name="actorOf">Who an administrator is, and from where.</param>
    public static void MapOperations(this IEndpointRouteBuilder admin, Func<HttpContext, Actor> actorOf)
    {
        admin
            .MapPost(
                "/operations",
                (HttpRequest request, Announcements announcements, CancellationToken cancellationToken) =>
                    AnnounceAsync(request, actorOf(request.HttpContext), announcements, cancellationToken)
            )
            .RequireAuthorization(HubPolicies.Operate)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .WithTags(Tag)
            .Accepts<Announcement>("application/json")
            .WithSummary("Announces one operation, or a list of them, so that the hub tells how they end.");
        admin
            .MapGet("/operations/{eventId}", ShowAsync)
            .WithTags(Tag)
            .WithSummary("What is known of an operation: of each location that it was heard at, an entry.");
    }

    private static async Task<Results<Accepted<TakenDocument>, Ok<TakenDocument>, ValidationProblem>> AnnounceAsync(
        HttpRequest request,
        Actor actor,
        Announcements announcements,
        CancellationToken cancellationToken
    )
    {
        var faults = new AnnouncementErrors();
        var read = await faults.ReadAsync(request.Body, MostAnnouncements, cancellationToken);
        var locationIds = read.Select(one => one.Location).OfType<string>();
        faults.AddStrangers(read, await announcements.FindStrangersAsync(locationIds, cancellationToken));
        if (faults.Any)
        {
            return TypedResults.ValidationProblem(
                faults.ByMember,
                "Nothing was taken. Mend what is listed, and send it again."
            );
        }

        var taken = await announcements.TakeAsync(read, actor, cancellationToken);
        var document = new TakenDocument(taken, read.Count - taken);
        return taken > 0 ? TypedResults.Accepted((string?)null, document) : TypedResults.Ok(document);
    }

    private static async Task<Results<Ok<OperationsDocument>, NotFound>> ShowAsync(
        string eventId,
        Database database,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var found = await OperationStore.FindAsync(connection, eventId);
        return found.Count == 0
            ? TypedResults.NotFound()
            : TypedResults.Ok(new OperationsDocument([.. found.Select(OperationDocument.Of)]));
    }
}

/// <param name="Announced">Operations that were not announced before.</param>
/// <param name="Known">Operations that were: nothing was changed of them.</param>
internal sealed record TakenDocument(int Announced, int Known);

internal sealed record OperationsDocument(IReadOnlyList<OperationDocument> Operations);
