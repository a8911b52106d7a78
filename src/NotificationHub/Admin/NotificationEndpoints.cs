using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class NotificationEndpoints
{
    public static void MapNotifications(this IEndpointRouteBuilder admin)
    {
        var notifications = admin.MapGroup("/admin/notifications").WithTags("Notifications");
        notifications
            .MapGet("", ListAsync)
            .WithSummary("Lists notifications with their disposition, in the order in which they were stored.");
        notifications
            .MapGet("/{seq:long}", ShowAsync)
            .WithSummary("Returns one notification with its body. Invite codes are withheld.");
        notifications
            .MapPost("/{seq:long}/reroute", RerouteAsync)
            .WithSummary("Routes a rejected, quarantined or unrecognized notification as if it had been accepted.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<Page<NotificationRow>>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        string? disposition,
        string? location,
        Database database,
        CancellationToken cancellationToken
    )
    {
        var errors = paging.FindErrors();
        errors.Require("disposition", disposition, [.. Dispositions.WireNames]);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                await NotificationListing.ReadAsync(
                    database,
                    NotificationFilter.Create(disposition, location),
                    paging.After ?? 0,
                    paging.Size,
                    NotificationListing.StatementsPerAnswer,
                    cancellationToken
                )
            );
    }

    private static async Task<Results<Ok<NotificationDocument>, NotFound>> ShowAsync(
        long seq,
        Database database,
        CancellationToken cancellationToken
    )
    {
        var found = await database.ReadAsync(
            connection => NotificationLog.FindAsync(connection, seq),
            cancellationToken
        );
        return found is { } entry
            ? TypedResults.Ok(NotificationDocument.From(entry, raw: false))
            : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<RerouteDocument>, NotFound, Conflict<RerouteDocument>>> RerouteAsync(
        long seq,
        HttpContext context,
        Reroute reroute,
        CancellationToken cancellationToken
    )
    {
        var outcome = await reroute.RerouteAsync(seq, HubPrincipal.ActorOf(context), cancellationToken);
        var document = RerouteDocument.From(seq, outcome);
        return document.Result switch
        {
            RerouteResult.Rerouted => TypedResults.Ok(document),
            RerouteResult.NotFound => TypedResults.NotFound(),
            _ => TypedResults.Conflict(document),
        };
    }
}
