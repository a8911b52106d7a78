using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Auth;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Relay;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>How many notifications will be sent again.</summary>
internal sealed record ResentNotifications(int Resent);

/// <summary>A request about one relay target.</summary>
internal sealed record RelayCall(
    [property: FromRoute(Name = "id")] string Id,
    [property: FromRoute(Name = "target")] string Target,
    HttpContext Context,
    RelayService Service,
    CancellationToken CancellationToken
)
{
    public Actor Actor => HubPrincipal.ActorOf(Context);
}

internal static class RelayEndpoints
{
    // The statuses into which AdminErrors translates a LocationException.
    private static readonly int[] ErrorStatuses = [400, 404, 409, 503];

    public static void MapRelayTargets(this IEndpointRouteBuilder admin)
    {
        var relay = admin.MapGroup("/admin").WithTags("Relay targets");
        foreach (var status in ErrorStatuses)
        {
            relay.ProducesProblem(status);
        }

        relay
            .MapGet(
                "/relay-targets",
                async (
                    [Description("Only the targets of the location with this ID.")] string? location,
                    RelayService service,
                    CancellationToken cancellationToken
                ) => new Page<RelayTargetStatus>(await service.ListAsync(location, cancellationToken), null)
            )
            .WithSummary("Lists relay targets with their backlog and failures.");
        var targets = relay.MapGroup("/locations/{id}/relay-targets");
        targets
            .MapGet("/{target}/set-aside", ListSetAsideAsync)
            .WithSummary("Lists the notifications that were set aside for a relay target, in the order of the log.");
        var changes = targets.MapGroup("").RequireAuthorization(HubPolicies.Operate);
        changes
            .MapPost(
                "",
                (
                    string id,
                    RelayTargetInput input,
                    HttpContext context,
                    RelayService service,
                    CancellationToken cancellationToken
                ) => service.AddAsync(id, input, HubPrincipal.ActorOf(context), cancellationToken)
            )
            .WithSummary("Adds a relay target, or replaces the secret of the target with this URL.");
        changes
            .MapPost(
                "/{target}/start",
                ([AsParameters] RelayCall call) => SetStateAsync(call, RelayTargetState.Running)
            )
            .WithSummary("Resumes forwarding, beginning with the notifications that wait for the target.");
        changes
            .MapPost("/{target}/stop", ([AsParameters] RelayCall call) => SetStateAsync(call, RelayTargetState.Stopped))
            .WithSummary(
                "Stops forwarding. Notifications wait for the target until Relay:MaxAge; then they are set aside."
            );
        changes
            .MapPost(
                "/{target}/resend",
                async (
                    [AsParameters] RelayCall call,
                    [Description("Only the notifications with these seqs; all without any.")] [FromQuery] long[]? seq
                ) =>
                    new ResentNotifications(
                        await call.Service.ResendAsync(
                            call.Id,
                            call.Target,
                            seq ?? [],
                            call.Actor,
                            call.CancellationToken
                        )
                    )
            )
            .WithSummary("Resends the notifications that were set aside.");
        changes
            .MapDelete("/{target}", ([AsParameters] RelayCall call) => SetStateAsync(call, RelayTargetState.Removed))
            .WithSummary("Deletes a relay target and its secret. Its backlog is not forwarded.");
    }

    private static async Task<RelayTargetStatus> SetStateAsync(RelayCall call, string state) =>
        (await call.Service.SetStateAsync(call.Id, call.Target, state, call.Actor, call.CancellationToken))[0];

    private static async Task<Results<Ok<Page<SetAsideDelivery>>, ValidationProblem>> ListSetAsideAsync(
        [AsParameters] RelayCall call,
        [AsParameters] Paging paging
    ) =>
        paging.FindErrors() is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                Page.Create(
                    await call.Service.ListSetAsideAsync(
                        call.Id,
                        call.Target,
                        paging.After ?? 0,
                        paging.Size,
                        call.CancellationToken
                    ),
                    paging.Size,
                    row => row.Seq
                )
            );
}
