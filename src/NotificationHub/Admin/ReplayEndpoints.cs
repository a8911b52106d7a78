using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class ReplayEndpoints
{
    private static readonly ReplayInputValidator Inputs = new();

    public static void MapReplays(this IEndpointRouteBuilder admin)
    {
        var replays = admin.MapGroup("/admin/replays").WithTags("Replays");
        replays.MapGet("", ListAsync).WithSummary("Lists replays and their progress, latest first.");
        replays
            .MapGet(
                "/{id}",
                (string id, ReplayService service, CancellationToken cancellationToken) =>
                    service.GetAsync(id, cancellationToken)
            )
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Returns one replay and its progress.");
        var changes = replays.MapGroup("").RequireAuthorization(HubPolicies.Operate);
        changes
            .MapPost("", StartAsync)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone)
            .WithSummary("Sends published events again. 200: a dry run counted them.");
        changes
            .MapPost(
                "/{id}/cancel",
                (string id, HttpContext context, ReplayService service, CancellationToken cancellationToken) =>
                    service.CancelAsync(id, HubPrincipal.ActorOf(context), cancellationToken)
            )
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Cancels an unfinished replay. A batch that is being sent still arrives.");
    }

    private static async Task<Results<Ok<Page<Replay>>, ValidationProblem>> ListAsync(
        string? topic,
        string? state,
        [Description("Maximum number of rows, 1 to 1000; 100 by default.")] int? limit,
        ReplayService service,
        CancellationToken cancellationToken
    )
    {
        var paging = new Paging(After: null, limit);
        var errors = paging.FindErrors();
        errors.Require("topic", topic, TopicMap.Topics);
        errors.Require("state", state, ReplayState.All);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                new Page<Replay>(await service.ListAsync(topic, state, paging.Size, cancellationToken), Next: null)
            );
    }

    private static async Task<Results<Ok<Replay>, Accepted<Replay>, ValidationProblem>> StartAsync(
        ReplayInput input,
        HttpContext context,
        ReplayService service,
        CancellationToken cancellationToken
    )
    {
        if (Inputs.ErrorsOf(input) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var replay = await service.StartAsync(input, HubPrincipal.ActorOf(context), cancellationToken);
        return input.DryRun ? TypedResults.Ok(replay) : TypedResults.Accepted($"/admin/replays/{replay.Id}", replay);
    }
}
