using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>The results of resending or discarding several dead letters.</summary>
internal sealed record DecisionsDocument(IReadOnlyList<DecisionDocument> DeadLetters);

/// <summary>A request to discard a dead letter.</summary>
internal sealed record DiscardRequest(string? Reason);

internal static class DeadLetterEndpoints
{
    private static readonly DeadLetterSelectionValidator Resends = new(isDiscard: false);
    private static readonly DeadLetterSelectionValidator Discards = new(isDiscard: true);

    public static void MapDeadLetters(this IEndpointRouteBuilder admin)
    {
        var letters = admin.MapGroup("/admin/dead-letters").WithTags("Dead letters");
        letters.MapGet("", ListAsync).WithSummary("Lists events that Service Bus rejected, in the order of the log.");
        letters
            .MapGet("/{seq:long}", ShowAsync)
            .WithSummary("Returns one dead letter, why it was rejected, and its event.")
            .RequireAuthorization(HubPolicies.Operate);
        var changes = letters.MapGroup("").RequireAuthorization(HubPolicies.Operate);
        changes
            .MapPost(
                "/resend",
                (DeadLetterSelection selection, HttpContext context) =>
                    DecideAsync(selection, isDiscard: false, context)
            )
            .WithSummary("Sends several events again with the same IDs.");
        changes
            .MapPost(
                "/discard",
                (DeadLetterSelection selection, HttpContext context) => DecideAsync(selection, isDiscard: true, context)
            )
            .WithSummary("Resolves several dead letters without sending the events.");
        changes
            .MapPost(
                "/{seq:long}/resend",
                (long seq, HttpContext context) =>
                    DecideAsync(seq, new DeadLetterSelection { Seqs = [seq] }, isDiscard: false, context)
            )
            .WithSummary("Sends the event again with the same ID.");
        changes
            .MapPost(
                "/{seq:long}/discard",
                (long seq, DiscardRequest request, HttpContext context) =>
                    DecideAsync(
                        seq,
                        new DeadLetterSelection { Seqs = [seq], Reason = request.Reason },
                        isDiscard: true,
                        context
                    )
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

    private static async Task<Results<Ok<DeadLetterDetail>, NotFound>> ShowAsync(
        long seq,
        HttpContext context,
        [FromServices] DeadLetterService letters,
        [FromServices] AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        if (await letters.FindAsync(seq, cancellationToken) is not { } letter)
        {
            return TypedResults.NotFound();
        }

        await audit.RecordAsync(HubPrincipal.ActorOf(context), PersonalViews.DeadLetter(letter), cancellationToken);
        return TypedResults.Ok(letter);
    }

    private static async Task<Results<Ok<DecisionsDocument>, ValidationProblem>> DecideAsync(
        DeadLetterSelection selection,
        bool isDiscard,
        HttpContext context
    ) =>
        (isDiscard ? Discards : Resends).ErrorsOf(selection) is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(new DecisionsDocument(await DecideValidAsync(selection, isDiscard, context)));

    private static async Task<
        Results<Ok<DecisionDocument>, NotFound, Conflict<DecisionDocument>, ValidationProblem>
    > DecideAsync(long seq, DeadLetterSelection selection, bool isDiscard, HttpContext context)
    {
        if ((isDiscard ? Discards : Resends).ErrorsOf(selection) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var document = (await DecideValidAsync(selection, isDiscard, context)).Single(one => one.Seq == seq);
        return document.Result switch
        {
            DeadLetterDecision.Taken => TypedResults.Ok(document),
            DeadLetterDecision.NotFound => TypedResults.NotFound(),
            _ => TypedResults.Conflict(document),
        };
    }

    private static Task<IReadOnlyList<DecisionDocument>> DecideValidAsync(
        DeadLetterSelection selection,
        bool isDiscard,
        HttpContext context
    ) =>
        context
            .RequestServices.GetRequiredService<DeadLetterService>()
            .DecideAsync(selection, isDiscard, HubPrincipal.ActorOf(context), context.RequestAborted);
}

/// <summary>The dead-letter queues of subscriptions, which belong to the consumers.</summary>
internal static class SubscriptionDeadLetterEndpoints
{
    private static readonly DeadLetterSelectionValidator Resends = new(isDiscard: false, ofSubscription: true);
    private static readonly DeadLetterSelectionValidator Discards = new(isDiscard: true, ofSubscription: true);

    public static void MapSubscriptionDeadLetters(this IEndpointRouteBuilder admin)
    {
        var letters = admin
            .MapGroup("/admin/subscriptions/{topic}/{subscription}/dead-letters")
            .WithTags("Dead letters")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            // A consumer's reasons and descriptions can name a person.
            .RequireAuthorization(HubPolicies.Operate);
        letters.MapGet("", ListAsync).WithSummary("Lists the messages that a consumer could not process.");
        letters.MapGet("/{seq:long}", ShowAsync).WithSummary("Returns one of these messages with its body.");
        letters
            .MapPost(
                "/resend",
                (string topic, string subscription, DeadLetterSelection selection, HttpContext context) =>
                    DecideAsync(topic, subscription, selection, isDiscard: false, context)
            )
            .WithSummary("Sends these messages again, to this subscription only.");
        letters
            .MapPost(
                "/discard",
                (string topic, string subscription, DeadLetterSelection selection, HttpContext context) =>
                    DecideAsync(topic, subscription, selection, isDiscard: true, context)
            )
            .WithSummary("Deletes these messages from the dead-letter queue.");
    }

    private static async Task<Results<Ok<Page<SubscriptionDeadLetter>>, ValidationProblem>> ListAsync(
        string topic,
        string subscription,
        [AsParameters] Paging paging,
        HttpContext context,
        SubscriptionDeadLetters queue,
        AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        if (paging.FindErrors() is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var listed = await queue.ListAsync(topic, subscription, paging.After ?? 0, paging.Size, cancellationToken);
        if (listed.Count > 0)
        {
            await audit.RecordAsync(
                HubPrincipal.ActorOf(context),
                PersonalViews.SubscriptionDeadLetters(topic, subscription),
                cancellationToken
            );
        }

        return TypedResults.Ok(Page.Create(listed, paging.Size, letter => letter.Seq));
    }

    private static async Task<SubscriptionDeadLetter> ShowAsync(
        string topic,
        string subscription,
        long seq,
        HttpContext context,
        SubscriptionDeadLetters queue,
        AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        var letter = await queue.GetAsync(topic, subscription, seq, cancellationToken);
        await audit.RecordAsync(
            HubPrincipal.ActorOf(context),
            PersonalViews.SubscriptionDeadLetter(topic, subscription, letter),
            cancellationToken
        );
        return letter;
    }

    private static async Task<Results<Ok<DecisionsDocument>, ValidationProblem>> DecideAsync(
        string topic,
        string subscription,
        DeadLetterSelection selection,
        bool isDiscard,
        HttpContext context
    ) =>
        (isDiscard ? Discards : Resends).ErrorsOf(selection) is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                new DecisionsDocument(
                    await context
                        .RequestServices.GetRequiredService<SubscriptionDeadLetters>()
                        .DecideAsync(
                            topic,
                            subscription,
                            selection,
                            isDiscard,
                            HubPrincipal.ActorOf(context),
                            context.RequestAborted
                        )
                )
            );
}
