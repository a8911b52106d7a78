using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

// Not a record, because its ToString would print the token.
internal sealed class RenewTokenInput
{
    [Description("The text of the new content token's file, as downloaded from Apple.")]
    public string? ContentToken { get; init; }
}

/// <param name="RequestedAt">A full sync of these kinds that finishes from then on is the requested one.</param>
internal sealed record RequestedReconciliation(DateTimeOffset RequestedAt, IReadOnlyList<string> Kinds);

/// <summary><c>/admin/locations</c>.</summary>
// Changes use the application's stopping token: they continue if the caller disconnects, because Apple may have been changed already.
internal static class LocationEndpoints
{
    private const int MaxLimit = 1000;

    // The statuses into which AdminErrors translates a LocationException.
    private static readonly int[] ErrorStatuses = [400, 404, 409, 502, 503];

    private static readonly AddLocationInputValidator Additions = new();

    private static readonly RenewalInputValidator Renewals = new();

    public static void MapLocations(this IEndpointRouteBuilder admin)
    {
        var locations = admin.MapGroup("/admin/locations").WithTags("Locations");
        foreach (var status in ErrorStatuses)
        {
            locations.ProducesProblem(status);
        }

        locations.MapGet("", ListAsync).WithSummary("Lists locations with their state and warnings, oldest first.");
        locations
            .MapGet(
                "/{id}",
                (string id, LocationService service, CancellationToken cancellationToken) =>
                    service.ShowAsync(id, cancellationToken)
            )
            .WithSummary("Returns a location with its secrets' states, progress and differences.");
        locations
            .MapPost("", AddAsync)
            .WithSummary(
                "Registers a location. After a timeout, repeat the request: it resumes, except for a receive-only location."
            )
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapPost("/{id}/verify", VerifyAsync)
            .WithSummary("Compares Apple's configuration of the location with the hub's. Changes nothing at Apple.")
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapPost("/{id}/rotate-secret", RotateSecretAsync)
            .WithSummary(
                "Replaces the notification secret. After a timeout, repeat the request: it resumes, except for a receive-only location."
            )
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapPost("/{id}/renew-token", RenewTokenAsync)
            .WithSummary("Replaces the content token with a new one for the same library.")
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapPost("/{id}/test", TestAsync)
            .WithSummary("Asks Apple to send a test notification through the public URL, and waits for it.")
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapPost("/{id}/reconcile", ReconcileAsync)
            .WithSummary("Requests a full reconciliation. GET the location to see its progress.")
            .RequireAuthorization(HubPolicies.Operate);
        locations
            .MapDelete("/{id}", RemoveAsync)
            .WithSummary("Removes the location. For one day, late deliveries are accepted and not routed.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<Page<LocationDocument>>, ValidationProblem>> ListAsync(
        string? after,
        int? limit,
        LocationService service,
        CancellationToken cancellationToken
    ) =>
        limit is < 1 or > MaxLimit
            ? TypedResults.ValidationProblem(
                new Dictionary<string, string[]>(StringComparer.Ordinal)
                {
                    ["limit"] = [$"must be from 1 to {MaxLimit}"],
                }
            )
            : TypedResults.Ok(await service.ListAsync(after, limit ?? LocationStore.PageRows, cancellationToken));

    private static async Task<Results<Created<AddedLocation>, ValidationProblem>> AddAsync(
        AddLocationInput input,
        HttpContext context,
        LocationService service,
        IHostApplicationLifetime lifetime
    )
    {
        if (Additions.ErrorsOf(input) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var added = await service.AddAsync(input, HubPrincipal.ActorOf(context), lifetime.ApplicationStopping);
        return TypedResults.Created($"/admin/locations/{added.Location.Id}", added);
    }

    private static Task<ComparedLocation> VerifyAsync(
        string id,
        HttpContext context,
        LocationService service,
        CancellationToken cancellationToken
    ) => service.VerifyAsync(id, HubPrincipal.ActorOf(context), cancellationToken);

    private static Task<RotatedLocation> RotateSecretAsync(
        string id,
        [Description("Overwrite URL, secret and types at Apple even if another party changed them.")] bool? overwrite,
        HttpContext context,
        LocationService service,
        IHostApplicationLifetime lifetime
    ) => service.RotateSecretAsync(id, overwrite ?? false, HubPrincipal.ActorOf(context), lifetime.ApplicationStopping);

    private static async Task<Results<Ok<ComparedLocation>, ValidationProblem>> RenewTokenAsync(
        string id,
        RenewTokenInput input,
        HttpContext context,
        LocationService service,
        IHostApplicationLifetime lifetime
    )
    {
        var renewal = new RenewalInput { LocationId = id, ContentToken = input.ContentToken };
        return Renewals.ErrorsOf(renewal) is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                await service.RenewTokenAsync(renewal, HubPrincipal.ActorOf(context), lifetime.ApplicationStopping)
            );
    }

    private static Task<TestResult> TestAsync(
        string id,
        [Description("Seconds to wait for the test notification, 0 to 300; 30 by default.")] int? wait,
        HttpContext context,
        LocationService service,
        IHostApplicationLifetime lifetime
    ) =>
        service.TestAsync(
            id,
            wait is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            HubPrincipal.ActorOf(context),
            lifetime.ApplicationStopping
        );

    private static async Task<Accepted<RequestedReconciliation>> ReconcileAsync(
        string id,
        HttpContext context,
        AuditTrail audit,
        ReconcileRequest request,
        IHostApplicationLifetime lifetime
    )
    {
        var requested = await audit.RunAsync(
            HubPrincipal.ActorOf(context),
            new AuditedAct("reconcile", id),
            () => request.RequestAsync(id, RecordKind.All, lifetime.ApplicationStopping)
        );
        return TypedResults.Accepted(
            $"/admin/locations/{id}",
            new RequestedReconciliation(requested.RequestedAt, requested.Kinds)
        );
    }

    private static Task<RemovedLocation> RemoveAsync(
        string id,
        [Description("Also delete the location's notifications, events and records.")] bool? deleteData,
        [Description("Do not contact Apple, for a content token that no longer works.")] bool? skipApple,
        HttpContext context,
        LocationService service,
        IHostApplicationLifetime lifetime
    ) =>
        service.RemoveAsync(
            new RemoveRequest(id, deleteData ?? false, skipApple ?? false),
            HubPrincipal.ActorOf(context),
            lifetime.ApplicationStopping
        );
}
