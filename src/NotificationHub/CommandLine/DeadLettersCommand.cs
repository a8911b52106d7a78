using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class DeadLettersCommand
{
    private delegate Task<DeadLetterDecision> Decide(DeadLetterStore letters, long seq, CommandContext context);

    public static Command Create(CommandRunner runner)
    {
        var topic = CreateTopic("Only dead letters of this topic");
        var state = CommandInput.Choice("--state", "Only dead letters in this state", DeadLetterState.All);
        var after = new Option<long>("--after") { Description = "Only dead letters with a higher seq." };
        var limit = CommandInput.Limit();
        var one = new Argument<long>("seq") { Description = "The seq of the event." };
        return new Command("dead-letters", "Manage the events that could not be published.")
        {
            runner.Json,
            runner.Create(
                "list",
                "List dead letters in the order of the event log.",
                context =>
                    ListAsync(context, context.Get(topic), context.Get(state), context.Get(after), context.Get(limit)),
                topic,
                state,
                after,
                limit
            ),
            runner.Create(
                "show",
                "Show one dead letter and why it was rejected.",
                context => ShowAsync(context, context.Get(one)),
                one
            ),
            CreateDecision(
                runner,
                "resend",
                """
                Ask the running hub to send events again, with the same IDs. Fix the cause first.

                Specify exactly one of seqs, --topic and --all.
                """,
                (letters, seq, context) => letters.ResendAsync(seq, context.Actor, context.CancellationToken)
            ),
            CreateDecision(
                runner,
                "discard",
                """
                Resolve dead letters without sending the events.

                Specify exactly one of seqs, --topic and --all.
                """,
                (letters, seq, context) => letters.DiscardAsync(seq, context.Actor, context.CancellationToken)
            ),
        };
    }

    private static Option<string?> CreateTopic(string description) =>
        CommandInput.Choice("--topic", description, [.. TopicMap.Topics]);

    private static Command CreateDecision(CommandRunner runner, string name, string description, Decide decide)
    {
        var seqs = new Argument<long[]>("seq")
        {
            Description = "The seqs of the events.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var topic = CreateTopic("All open dead letters of this topic");
        var all = new Option<bool>("--all") { Description = "All open dead letters of all topics." };
        var command = runner.Create(
            name,
            description,
            async context => await DecideAsync(context, await SeqsAsync(context, seqs, topic), decide),
            seqs,
            topic,
            all
        );
        command.Validators.Add(result =>
        {
            bool[] selections =
            [
                result.GetValue(seqs) is { Length: > 0 },
                result.GetResult(topic) is not null,
                result.GetValue(all),
            ];
            if (selections.Count(given => given) != 1)
            {
                result.AddError("Specify either seqs, --topic or --all.");
            }
        });
        return command;
    }

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

    private static async Task ShowAsync(CommandContext context, long seq)
    {
        var letter =
            await context.Service<DeadLetterStore>().FindAsync(seq, context.CancellationToken)
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
                    ("Reason", letter.Reason)
                )
        );
    }

    private static async Task<int> DecideAsync(CommandContext context, IReadOnlyList<long> seqs, Decide decide)
    {
        var letters = context.Service<DeadLetterStore>();
        var decisions = new List<DecisionDocument>();
        foreach (var seq in seqs)
        {
            decisions.Add(new DecisionDocument(seq, await decide(letters, seq, context)));
        }

        context.Output.Write(
            new { DeadLetters = decisions },
            console => console.WriteTable(decisions, ("Seq", one => one.Seq), ("Result", one => Describe(one.Result)))
        );
        return decisions.Exists(one => one.Result == DeadLetterDecision.NotFound) ? ExitCode.NotFound
            : decisions.TrueForAll(one => one.Result == DeadLetterDecision.Taken) ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static string Describe(DeadLetterDecision decision) =>
        decision switch
        {
            DeadLetterDecision.Taken => "done",
            DeadLetterDecision.NotFound => "not found",
            _ => "unchanged: already resolved, or about to be sent",
        };

    private static async Task<IReadOnlyList<long>> SeqsAsync(
        CommandContext context,
        Argument<long[]> seqs,
        Option<string?> topic
    )
    {
        if (context.Arguments.GetValue(seqs) is { Length: > 0 } given)
        {
            return given;
        }

        var open = await context
            .Service<DeadLetterStore>()
            .ListAsync(context.Get(topic), DeadLetterState.Open, after: 0, int.MaxValue, context.CancellationToken);
        return [.. open.Select(letter => letter.Seq)];
    }
}
