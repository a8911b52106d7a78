using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
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

/// <summary>A request about one location.</summary>
// A change uses Stopping: it continues if the caller disconnects, because Apple may have been changed already.
internal sealed record LocationCall(
    [property: FromRoute(Name = "id")] string Id,
    HttpContext Context,
    LocationService Service,
    IHostApplicationLifetime Lifetime
)
{
    public Actor Actor => HubPrincipal.ActorOf(Context);

    public CancellationToken Stopping => Lifetime.ApplicationStopping;
}

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
                ([AsParameters] LocationCall call) => call.Service.ShowAsync(call.Id, call.Context.RequestAborted)
            )
            .WithSummary("Returns a location with its secrets' states, progress and differences.");
        var changes = locations.MapGroup("").RequireAuthorization(HubPolicies.Operate);
        changes
            .MapPost("", AddAsync)
            .WithSummary(
                "Registers a location. After a timeout, repeat the request: it resumes, except for a receive-only location."
            );
        changes
            .MapPost(
                "/{id}/verify",
                ([AsParameters] LocationCall call) =>
                    call.Service.VerifyAsync(call.Id, call.Actor, call.Context.RequestAborted)
            )
            .WithSummary("Compares Apple's configuration of the location with the hub's. Changes nothing at Apple.");
        changes
            .MapPost(
                "/{id}/rotate-secret",
                (
                    [AsParameters] LocationCall call,
                    [Description("Overwrite URL, secret and types at Apple even if another party changed them.")]
                        bool? overwrite
                ) => call.Service.RotateSecretAsync(call.Id, overwrite ?? false, call.Actor, call.Stopping)
            )
            .WithSummary(
                "Replaces the notification secret. After a timeout, repeat the request: it resumes, except for a receive-only location."
            );
        changes
            .MapPost("/{id}/renew-token", RenewTokenAsync)
            .WithSummary("Replaces the content token with a new one for the same library.");
        changes
            .MapPost(
                "/{id}/test",
                (
                    [AsParameters] LocationCall call,
                    [Description("Seconds to wait for the test notification, 0 to 300; 30 by default.")] int? wait
                ) =>
                    call.Service.TestAsync(
                        call.Id,
                        wait is { } seconds ? TimeSpan.FromSeconds(seconds) : TestRequest.DefaultWait,
                        call.Actor,
                        call.Stopping
                    )
            )
            .WithSummary("Asks Apple to send a test notification through the public URL, and waits for it.");
        changes
            .MapPost("/{id}/reconcile", ReconcileAsync)
            .WithSummary("Requests a full reconciliation. GET the location to see its progress.");
        changes
            .MapDelete(
                "/{id}",
                (
                    [AsParameters] LocationCall call,
                    [Description("Also delete the location's notifications, events and records.")] bool? deleteData,
                    [Description("Do not contact Apple, for a content token that no longer works.")] bool? skipApple,
                    [Description("Clear Apple's settings even if another server's could be restored.")] bool? noRestore
                ) =>
                    call.Service.RemoveAsync(
                        new RemoveRequest(call.Id, deleteData ?? false, skipApple ?? false, noRestore ?? false),
                        call.Actor,
                        call.Stopping
                    )
            )
            .WithSummary("Removes the location. For one day, late deliveries are accepted and not routed.");
    }

    private static async Task<Results<Ok<Page<LocationDocument>>, ValidationProblem>> ListAsync(
        string? after,
        [Description("Only locations in this state.")] string? state,
        int? limit,
        LocationService service,
        CancellationToken cancellationToken
    )
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        errors.Require("state", state, LocationStates.All);
        if (limit is < 1 or > MaxLimit)
        {
            errors["limit"] = [$"must be from 1 to {MaxLimit}"];
        }

        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                await service.ListAsync(after, state, limit ?? LocationStore.PageRows, cancellationToken)
            );
    }

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

    private static async Task<Results<Ok<ComparedLocation>, ValidationProblem>> RenewTokenAsync(
        [AsParameters] LocationCall call,
        RenewTokenInput input
    )
    {
        var renewal = new RenewalInput { LocationId = call.Id, ContentToken = input.ContentToken };
        return Renewals.ErrorsOf(renewal) is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(await call.Service.RenewTokenAsync(renewal, call.Actor, call.Stopping));
    }

    private static async Task<Accepted<RequestedReconciliation>> ReconcileAsync([AsParameters] LocationCall call)
    {
        var requested = await call.Service.ReconcileAsync(call.Id, call.Actor, call.Stopping);
        return TypedResults.Accepted(
            $"/admin/locations/{call.Id}",
            new RequestedReconciliation(requested.RequestedAt, requested.Kinds)
        );
    }
}
