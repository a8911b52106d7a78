using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class DeadLetterEndpoints
{
    public static void MapDeadLetters(this IEndpointRouteBuilder admin)
    {
        var letters = admin.MapGroup("/admin/dead-letters").WithTags("Dead letters");
        letters.MapGet("", ListAsync).WithSummary("Lists events that Service Bus rejected, in the order of the log.");
        letters.MapGet("/{seq:long}", ShowAsync).WithSummary("Returns one dead letter and why it was rejected.");
        var changes = letters.MapGroup("/{seq:long}").RequireAuthorization(HubPolicies.Operate);
        changes
            .MapPost(
                "/resend",
                (long seq, HttpContext context, DeadLetterStore open, CancellationToken cancellationToken) =>
                    DecideAsync(seq, open.ResendAsync(seq, HubPrincipal.ActorOf(context), cancellationToken))
            )
            .WithSummary("Sends the event again with the same ID.");
        changes
            .MapPost(
                "/discard",
                (long seq, HttpContext context, DeadLetterStore open, CancellationToken cancellationToken) =>
                    DecideAsync(seq, open.DiscardAsync(seq, HubPrincipal.ActorOf(context), cancellationToken))
            )
            .WithSummary("Resolves the dead letter without sending the event.");
    }

    private static async Task<Results<Ok<Page<DeadLetter>>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        string? topic,
        string? state,
        DeadLetterStore letters,
        CancellationToken cancellationToken
    )
    {
        var errors = paging.FindErrors();
        errors.Require("topic", topic, TopicMap.Topics);
        errors.Require("state", state, DeadLetterState.All);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                Page.Create(
                    await letters.ListAsync(topic, state, paging.After ?? 0, paging.Size, cancellationToken),
                    paging.Size,
                    letter => letter.Seq
                )
            );
    }

    private static async Task<Results<Ok<DeadLetter>, NotFound>> ShowAsync(
        long seq,
        DeadLetterStore letters,
        CancellationToken cancellationToken
    ) =>
        await letters.FindAsync(seq, cancellationToken) is { } letter
            ? TypedResults.Ok(letter)
            : TypedResults.NotFound();

    private static async Task<Results<Ok<DecisionDocument>, NotFound, Conflict<DecisionDocument>>> DecideAsync(
        long seq,
        Task<DeadLetterDecision> decision
    )
    {
        var document = new DecisionDocument(seq, await decision);
        return document.Result switch
        {
            DeadLetterDecision.Taken => TypedResults.Ok(document),
            DeadLetterDecision.NotFound => TypedResults.NotFound(),
            _ => TypedResults.Conflict(document),
        };
    }
}

/// <summary>The result of resending or discarding one dead letter.</summary>
internal sealed record DecisionDocument(long Seq, DeadLetterDecision Result);
