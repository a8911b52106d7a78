using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class NotificationEndpoints
{
    private static readonly NotificationFilterValidator Filters = new();

    public static void MapNotifications(this IEndpointRouteBuilder admin)
    {
        var notifications = admin.MapGroup("/admin/notifications").WithTags("Notifications");
        notifications
            .MapGet("", ListAsync)
            .WithSummary(
                "Searches notifications, the newest first. A page can be short although it is not the last one."
            );
        notifications
            .MapGet("/{seq:long}", ShowAsync)
            .WithSummary("Returns one notification with its body. Invite codes are withheld.");
        notifications
            .MapPost("/{seq:long}/reroute", RerouteAsync)
            .WithSummary("Routes a rejected, quarantined or unrecognized notification as if it had been accepted.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<NotificationPage>, ValidationProblem>> ListAsync(
        [AsParameters] NotificationFilter filter,
        [Description("Return notifications before this one: the previous page's next.")] long? before,
        [Description("Maximum number of rows, 1 to 1000; 100 by default.")] int? limit,
        NotificationListing listing,
        CancellationToken cancellationToken
    )
    {
        var paging = new Paging(before, limit);
        var errors = paging.FindErrors("before");
        foreach (var (member, messages) in Filters.ErrorsOf(filter))
        {
            errors[member] = messages;
        }

        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                await listing.ReadAsync(filter, before, paging.Size, BackwardSearch.PageTime, cancellationToken)
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
