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
        letters.MapGet("", ListAsync).WithSummary("Events that the broker refuses to take, in the order of the log.");
        letters.MapGet("/{seq:long}", ShowAsync).WithSummary("One dead letter and why it was refused.");
        letters
            .MapPost(
                "/{seq:long}/resend",
                (long seq, HttpContext context, DeadLetters open, CancellationToken cancellationToken) =>
                    AnswerAsync(seq, open.ResendAsync(seq, HubPrincipal.ActorOf(context), cancellationToken))
            )
            .WithSummary("Has it sent once more, with the same id.")
            .RequireAuthorization(HubPolicies.Operate);
        letters
            .MapPost(
                "/{seq:long}/discard",
                (long seq, HttpContext context, DeadLetters open, CancellationToken cancellationToken) =>
                    AnswerAsync(seq, open.DiscardAsync(seq, HubPrincipal.ActorOf(context), cancellationToken))
            )
            .WithSummary("Settles it unsent.")
            .RequireAuthorization(HubPolicies.Operate);
    }

    private static async Task<Results<Ok<DeadLetterPage>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        string? topic,
        string? state,
        DeadLetters letters,
        CancellationToken cancellationToken
    )
    {
        var faults = paging.Faults;
        Ensure(faults, "topic", topic, TopicMap.Topics);
        Ensure(faults, "state", state, DeadLetterState.All);
        return faults.Count > 0
            ? TypedResults.ValidationProblem(faults)
            : TypedResults.Ok(
                DeadLetterPage.Of(
                    await letters.ListAsync(topic, state, paging.After ?? 0, paging.Size, cancellationToken),
                    paging.Size
                )
            );
    }

    private static async Task<Results<Ok<DeadLetterDocument>, NotFound>> ShowAsync(
        long seq,
        DeadLetters letters,
        CancellationToken cancellationToken
    ) =>
        await letters.FindAsync(seq, cancellationToken) is { } letter
            ? TypedResults.Ok(DeadLetterDocument.Of(letter))
            : TypedResults.NotFound();

    private static async Task<Results<Ok<DecisionDocument>, NotFound, Conflict<DecisionDocument>>> AnswerAsync(
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

    private static void Ensure(
        Dictionary<string, string[]> faults,
        string name,
        string? given,
        IReadOnlyCollection<string> known
    )
    {
        if (given is not null && !known.Contains(given, StringComparer.Ordinal))
        {
            faults[name] = [$"must be one of {string.Join(", ", known)}"];
        }
    }
}
