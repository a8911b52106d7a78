using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class DeadLettersCommand
{
    public static Command Create(CommandRunner runner) =>
        new("dead-letters", "Manage events that were not published, and messages that a consumer did not process.")
        {
            runner.Json,
            CreateList(runner),
            CreateShow(runner),
            CreateDecision(
                runner,
                "resend",
                """
                Ask the running hub to send events again, with the same IDs. Fix the cause first.

                Specify seqs, or --all, or a filter: --topic, --type or both. With --subscription, no running hub
                is needed: the command sends the messages to this subscription only, with new message IDs.
                Together with --subscription, --topic is not a filter: it names the subscription's topic.
                """,
                isDiscard: false
            ),
            CreateDecision(
                runner,
                "discard",
                """
                Resolve dead letters without sending the events.

                Specify seqs, or --all, or a filter: --topic, --type or both. With --subscription, the command
                deletes the messages from the subscription's dead-letter queue. Together with --subscription,
                --topic is not a filter: it names the subscription's topic.
                """,
                isDiscard: true
            ),
        };

    private static Option<string?> CreateTopic(string description = "Only dead letters of this topic") =>
        CommandInput.Choice("--topic", description, [.. TopicMap.Topics]);

    private static Option<string?> CreateSubscription() =>
        new("--subscription")
        {
            Description =
                "Use the dead-letter queue of this subscription, instead of the hub's dead letters. Requires --topic.",
        };

    private static Command CreateList(CommandRunner runner)
    {
        var topic = CreateTopic();
        var subscription = CreateSubscription();
        var state = CommandInput.Choice(
            "--state",
            "Only dead letters in this state (not with --subscription)",
            DeadLetterState.All
        );
        var after = new Option<long>("--after") { Description = "Only dead letters with a higher seq." };
        var limit = CommandInput.Limit();
        var list = runner.Create(
            "list",
            "List the hub's dead letters, oldest first. With --subscription, list a subscription's dead letters instead.",
            context =>
                context.Get(subscription) is { } name
                    ? ListQueueAsync(context, context.Get(topic)!, name, context.Get(after), context.Get(limit))
                    : ListAsync(
                        context,
                        context.Get(topic),
                        context.Get(state),
                        context.Get(after),
                        context.Get(limit)
                    ),
            topic,
            subscription,
            state,
            after,
            limit
        );
        RequireTopic(list, topic, subscription);
        list.Validators.Add(result =>
        {
            if (result.TextOf(subscription) is not null && result.TextOf(state) is not null)
            {
                result.AddError("--state: does not apply to --subscription.");
            }
        });
        return list;
    }

    private static Command CreateShow(CommandRunner runner)
    {
        var topic = CreateTopic("The topic of --subscription");
        var subscription = CreateSubscription();
        var one = new Argument<long>("seq") { Description = "The seq from `dead-letters list`." };
        var show = runner.Create(
            "show",
            "Show one dead letter, why it was rejected, and its event.",
            context =>
                context.Get(subscription) is { } name
                    ? ShowQueueAsync(context, context.Get(topic)!, name, context.Get(one))
                    : ShowAsync(context, context.Get(one)),
            one,
            topic,
            subscription
        );
        RequireTopic(show, topic, subscription);
        return show;
    }

    private static Command CreateDecision(CommandRunner runner, string name, string description, bool isDiscard)
    {
        var seqs = new Argument<long[]>("seq")
        {
            Description = "The seqs from `dead-letters list`.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var topic = CreateTopic("All open dead letters of this topic");
        var type = new Option<string?>("--type")
        {
            Description = "All open dead letters of this type, such as asset.changed.",
        };
        var all = new Option<bool>("--all")
        {
            Description = "All open dead letters; with --subscription, all messages in its dead-letter queue.",
        };
        var subscription = CreateSubscription();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only list them; change nothing." };
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit log.", Required = true };
        Symbol[] inputs = [seqs, topic, type, all, subscription, dryRun];
        var command = runner.Create(
            name,
            description,
            context =>
                DecideAsync(
                    context,
                    new DeadLetterSelection
                    {
                        Seqs = context.Arguments.GetValue(seqs),
                        Topic = context.Get(topic),
                        Type = context.Get(type),
                        All = context.Get(all),
                        DryRun = context.Get(dryRun),
                        Reason = isDiscard ? context.Get(reason) : null,
                    },
                    context.Get(subscription),
                    isDiscard
                ),
            isDiscard ? [.. inputs, reason] : inputs
        );
        RequireTopic(command, topic, subscription);
        command.Validators.Add(result =>
            result.Validate(
                new DeadLetterSelectionValidator(isDiscard, result.TextOf(subscription) is not null),
                new DeadLetterSelection
                {
                    Seqs = result.GetValue(seqs),
                    Topic = result.TextOf(topic) is null ? null : TopicMap.Topics[0],
                    Type = result.TextOf(type),
                    All = result.IsSet(all),
                    Reason = isDiscard ? result.TextOf(reason) ?? "required by the parser" : null,
                },
                (nameof(DeadLetterSelection.Seqs), seqs.Name),
                (nameof(DeadLetterSelection.Reason), reason.Name)
            )
        );
        return command;
    }

    private static void RequireTopic(Command command, Option<string?> topic, Option<string?> subscription) =>
        command.Validators.Add(result =>
        {
            var name = result.TextOf(subscription);
            if (name is not null && result.TextOf(topic) is null)
            {
                result.AddError("--subscription requires --topic.");
            }
            else if (name is "")
            {
                result.AddError("--subscription: must be the name of a subscription.");
            }
        });

    private static async Task ListAsync(CommandContext context, string? topic, string? state, long after, int limit)
    {
        var letters = await context
            .Service<DeadLetterStore>()
            .ListAsync(topic, state, after, limit, context.CancellationToken);
        var page = Page.Create(letters, limit, letter => letter.Seq);
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("Seq", letter => letter.Seq),
                    ("State", letter => letter.State),
                    ("Topic", letter => letter.Topic),
                    ("Reason", letter => letter.Reason),
                    ("Rejected", letter => letter.RejectedAt),
                    ("Location", letter => letter.Location),
                    ("Type", letter => letter.Type)
                );
                console.WriteNext(page.Next);
            }
        );
    }

    private static async Task ListQueueAsync(
        CommandContext context,
        string topic,
        string subscription,
        long after,
        int limit
    )
    {
        var letters = await context
            .Service<SubscriptionDeadLetters>()
            .ListAsync(topic, subscription, after, limit, context.CancellationToken);
        var page = Page.Create(letters, limit, letter => letter.Seq);
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("Seq", letter => letter.Seq),
                    ("Message", letter => letter.MessageId),
                    ("Reason", letter => letter.Reason),
                    ("Description", letter => letter.Description),
                    ("Deliveries", letter => letter.DeliveryCount),
                    ("Enqueued", letter => letter.EnqueuedAt),
                    ("Location", letter => letter.Location),
                    ("Type", letter => letter.Type)
                );
                console.WriteNext(page.Next);
            }
        );
    }

    private static async Task ShowAsync(CommandContext context, long seq)
    {
        var letter =
            await context.Service<DeadLetterService>().FindAsync(seq, context.CancellationToken)
            ?? throw new CommandException(
                ExitCode.NotFound,
                $"There is no dead letter {seq}. `dead-letters list` lists the existing ones."
            );
        context.Output.Write(
            letter,
            console =>
                console.WriteFields(
                    ("Seq", letter.Seq),
                    ("Topic", letter.Topic),
                    ("Type", letter.Type),
                    ("Location", letter.Location),
                    ("State", letter.State),
                    ("Rejected", letter.RejectedAt),
                    ("Resolved", letter.ResolvedAt),
                    ("Reason", letter.Reason),
                    ("Event", letter.Event?.GetRawText())
                )
        );
    }

    private static async Task ShowQueueAsync(CommandContext context, string topic, string subscription, long seq)
    {
        var letter = await context
            .Service<SubscriptionDeadLetters>()
            .GetAsync(topic, subscription, seq, context.CancellationToken);
        context.Output.Write(
            letter,
            console =>
                console.WriteFields(
                    ("Seq", letter.Seq),
                    ("Message", letter.MessageId),
                    ("Type", letter.Type),
                    ("Location", letter.Location),
                    ("Reason", letter.Reason),
                    ("Description", letter.Description),
                    ("Deliveries", letter.DeliveryCount),
                    ("Enqueued", letter.EnqueuedAt),
                    ("Body", letter.Body)
                )
        );
    }

    private static async Task<int> DecideAsync(
        CommandContext context,
        DeadLetterSelection selection,
        string? subscription,
        bool isDiscard
    )
    {
        var decisions = subscription is null
            ? await context
                .Service<DeadLetterService>()
                .DecideAsync(selection, isDiscard, context.Actor, context.CancellationToken)
            : await context
                .Service<SubscriptionDeadLetters>()
                .DecideAsync(
                    selection.Topic!,
                    subscription,
                    selection,
                    isDiscard,
                    context.Actor,
                    context.CancellationToken
                );
        context.Output.Write(
            new DecisionsDocument(decisions),
            console => console.WriteTable(decisions, ("Seq", one => one.Seq), ("Result", one => Describe(one.Result)))
        );
        return decisions.Any(one => one.Result == DeadLetterDecision.NotFound) ? ExitCode.NotFound
            : decisions.All(one => one.Result is DeadLetterDecision.Taken or DeadLetterDecision.DryRun) ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static string Describe(DeadLetterDecision decision) =>
        decision switch
        {
            DeadLetterDecision.Taken => "done",
            DeadLetterDecision.NotFound => "not found",
            DeadLetterDecision.DryRun => "selected; nothing was changed",
            _ => "unchanged: already resolved, or about to be sent",
        };
}
