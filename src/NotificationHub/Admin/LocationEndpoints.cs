using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary><c>/admin/locations</c>: what the commands of the same names do.</summary>
internal static class LocationEndpoints
{
    private const int MostAtOnce = 1000;

    // What AdminErrors makes of a LocationException.
    private static readonly int[] Refusals = [400, 404, 409, 502, 503];

    public static void MapLocations(this IEndpointRouteBuilder admin)
    {
        var locations = admin.MapGroup("/admin/locations").WithTags("Locations");
        foreach (var status in Refusals)
        {
            locations.ProducesProblem(status);
        }

        locations
            .MapGet("", ListAsync)
            .WithSummary("The locations, their states and what is the matter with them, the oldest first.");
        locations.MapGet("/{id}", ShowAsync).WithSummary("Everything that is known of one location.");
        locations
            .MapPost("", LocationAddition.AddAsync)
            .WithSummary(
                "Registers a location at Apple. After a time-out, send the same again: it finds out and finishes."
            )
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapPost("/{id}/verify", VerifyAsync)
            .WithSummary("Compares what Apple has recorded with what the hub has. Changes nothing at Apple.")
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapPost("/{id}/rotate", LocationChanges.RotateAsync)
            .WithSummary(
                "Gives a location a new notification secret. After a time-out, send the same again: it finishes."
            )
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapPost("/{id}/renew", LocationChanges.RenewAsync)
            .WithSummary("Gives a location a new content token for the same library. Everything else stays.")
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapPost("/{id}/test", LocationChanges.TestAsync)
            .WithSummary("Has Apple post a test notification through the public URL, and says whether it arrived.")
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapPost("/{id}/reconcile", LocationReconciliation.OrderAsync)
            .WithSummary(
                "Has the hub compare all of a location's records with Apple's now; the location shows how far it is."
            )
            .RequireAuthorization(AdminPolicies.Operate);
        locations
            .MapDelete("/{id}", LocationChanges.RemoveAsync)
            .WithSummary("Takes a location out. Late posts are answered for a day and not routed.")
            .RequireAuthorization(AdminPolicies.Operate);
    }

    private static async Task<Results<Ok<LocationPage>, ValidationProblem>> ListAsync(
        string? after,
        int? limit,
        Database database,
        CancellationToken cancellationToken
    )
    {
        if (limit is < 1 or > MostAtOnce)
        {
            return TypedResults.ValidationProblem(
                new Dictionary<string, string[]>(StringComparer.Ordinal)
                {
                    ["limit"] = [$"must lie between 1 and {MostAtOnce}"],
                }
            );
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (after is not null && await LocationStore.FindAsync(connection, after) is null)
        {
            throw LocationException.NotFound(after);
        }

        return TypedResults.Ok(await LocationPage.ReadAsync(connection, after, limit ?? LocationStore.PageRows));
    }

    private static async Task<Ok<LocationDetailsDocument>> ShowAsync(
        string id,
        Database database,
        LocationDescription locations,
        CancellationToken cancellationToken
    )
    {
        var details = await locations.DescribeAsync(new DescribeRequest(id), cancellationToken);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return TypedResults.Ok(await LocationDetailsDocument.OfAsync(connection, details));
    }

    private static async Task<Ok<ComparedLocation>> VerifyAsync(
        string id,
        HttpContext context,
        Database database,
        LocationVerification locations,
        CancellationToken cancellationToken
    )
    {
        var audit = new StateAudit(AdminActor.Of(context), "locations verify");
        var result = await locations.VerifyAsync(new VerifyRequest(id, audit), cancellationToken);
        var location = await LocationDocument.OfAsync(database, result.Location, cancellationToken);
        return TypedResults.Ok(new ComparedLocation(location, result.Differences));
    }
}

/// <summary>How a location stands at Apple.</summary>
/// <param name="Differences">What is not as it is recorded, each with what to do; empty if all is well.</param>
internal sealed record ComparedLocation(LocationDocument Location, IReadOnlyList<LocationDifference> Differences);
