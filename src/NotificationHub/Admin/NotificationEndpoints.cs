using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Hosting;
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
            .WithSummary("Returns one notification with its body. Invite codes are withheld.")
            .RequireAuthorization(HubPolicies.Operate);
        notifications
            .MapPost("/{seq:long}/reroute", RerouteAsync)
            .WithSummary("Routes a rejected, quarantined or unrecognized notification as if it had been accepted.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<NotificationPage>, ValidationProblem, ProblemHttpResult>> ListAsync(
        [AsParameters] NotificationFilter filter,
        [Description("Return notifications before this one: the previous page's next.")] long? before,
        [Description("Maximum number of rows, 1 to 1000; 100 by default.")] int? limit,
        NotificationListing listing,
        HttpContext context,
        AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        var paging = new Paging(before, limit);
        var errors = paging.FindErrors("before");
        foreach (var (member, messages) in Filters.ErrorsOf(filter))
        {
            errors[member] = messages;
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if (filter.IsPersonal)
        {
            if (!context.User.MayOperate())
            {
                return TypedResults.Problem(
                    "A search for a device or a user requires the role Operate.",
                    statusCode: StatusCodes.Status403Forbidden
                );
            }

            await audit.RecordAsync(HubPrincipal.ActorOf(context), PersonalViews.NotificationSearch, cancellationToken);
        }

        return TypedResults.Ok(
            await listing.ReadAsync(filter, before, paging.Size, BackwardSearch.PageTime, cancellationToken)
        );
    }

    private static async Task<Results<Ok<NotificationDocument>, NotFound>> ShowAsync(
        long seq,
        HttpContext context,
        Database database,
        AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        var found = await database.ReadAsync(
            connection => NotificationLog.FindAsync(connection, seq),
            cancellationToken
        );
        if (found is null)
        {
            return TypedResults.NotFound();
        }

        await audit.RecordAsync(HubPrincipal.ActorOf(context), PersonalViews.Notification(found), cancellationToken);
        return TypedResults.Ok(NotificationDocument.From(found, raw: false));
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
