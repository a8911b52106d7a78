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
            .WithSummary("What Apple has posted, and what became of it, in the order it was stored.");
        notifications
            .MapGet("/{seq:long}", ShowAsync)
            .WithSummary("One notification with its body; invite codes are withheld.");
        notifications
            .MapPost("/{seq:long}/reroute", RerouteAsync)
            .WithSummary("Routes a notification that was set aside as if it had been accepted.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<NotificationPage>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        string? disposition,
        string? location,
        Database database,
        CancellationToken cancellationToken
    )
    {
        var faults = paging.Faults;
        var wanted = disposition is null ? null : Dispositions.FromWireName(disposition);
        if (disposition is not null && wanted is null)
        {
            faults["disposition"] = [$"must be one of {string.Join(", ", Dispositions.WireNames)}"];
        }

        if (faults.Count > 0)
        {
            return TypedResults.ValidationProblem(faults);
        }

        return TypedResults.Ok(
            await NotificationListing.ReadAsync(
                database,
                new NotificationFilter(wanted, location),
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
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await NotificationLog.FindAsync(connection, seq) is { } entry
            ? TypedResults.Ok(NotificationDocument.Of(entry, raw: false))
            : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<RerouteDocument>, NotFound, Conflict<RerouteDocument>>> RerouteAsync(
        long seq,
        HttpContext context,
        Reroute reroute,
        CancellationToken cancellationToken
    )
    {
        var document = RerouteDocument.Of(
            seq,
            await reroute.RerouteAsync(seq, HubPrincipal.ActorOf(context), cancellationToken)
        );
        return document.Result switch
        {
            RerouteResult.Rerouted => TypedResults.Ok(document),
            RerouteResult.NotFound => TypedResults.NotFound(),
            _ => TypedResults.Conflict(document),
        };
    }
}
