using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class DeadLettersCommand
{
    private const int PageSize = 1000;

    private static readonly Option<string?> OfTopic = new Option<string?>("--topic")
    {
        Description = "Only those of this topic.",
    }.AcceptOnlyFromAmong([.. TopicMap.Topics]);

    private static readonly Option<string?> InState = new Option<string?>("--state")
    {
        Description = "Only those in this state.",
    }.AcceptOnlyFromAmong([.. DeadLetterState.All]);

    private static readonly Option<bool> All = new("--all") { Description = "All that are open." };

    private static readonly Argument<long> Seq = new("seq") { Description = "The event's place in the event log." };

    private static readonly Argument<long[]> Seqs = new("seq")
    {
        Description = "The events' places in the event log.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create(CommandRunner runner)
    {
        var list = new Command("list", $"List dead letters, {PageSize} at most.") { OfTopic, InState };
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        var show = new Command("show", "Show one dead letter and why it was refused.") { Seq };
        show.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ShowAsync, cancellationToken));
        return new Command("dead-letters", "Events that the broker refuses to take.")
        {
            CommandRunner.Json,
            list,
            show,
            CreateDecision(
                runner,
                "resend",
                "Have the running hub send them once more, with the same ids.",
                (letters, seq, context) => letters.ResendAsync(seq, context.Actor, context.CancellationToken)
            ),
            CreateDecision(
                runner,
                "discard",
                "Settle them unsent.",
                (letters, seq, context) => letters.DiscardAsync(seq, context.Actor, context.CancellationToken)
            ),
        };
    }

    private static Command CreateDecision(
        CommandRunner runner,
        string name,
        string description,
        Func<DeadLetters, long, CommandContext, Task<DeadLetterDecision>> decide
    )
    {
        var command = new Command(name, description) { Seqs, OfTopic, All };
        command.Validators.Add(result =>
        {
            var ways = new[]
            {
                result.GetValue(Seqs) is { Length: > 0 },
                result.GetResult(OfTopic) is not null,
                result.GetValue(All),
            };
            if (ways.Count(given => given) != 1)
            {
                result.AddError("Give either the seqs, or --topic, or --all.");
            }
        });
        command.SetAction(
            (arguments, cancellationToken) =>
                runner.RunAsync(arguments, context => DecideAsync(context, decide), cancellationToken)
        );
        return command;
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        var letters = await context
            .Service<DeadLetters>()
            .ListAsync(
                context.Arguments.GetValue(OfTopic),
                context.Arguments.GetValue(InState),
                after: 0,
                PageSize,
                context.CancellationToken
            );
        DeadLetterDocument[] documents = [.. letters.Select(DeadLetterDocument.Of)];
        context.Output.Write(
            new { DeadLetters = documents },
            console =>
            {
                var table = new ConsoleTable("Seq", "State", "Topic", "Reason", "Refused", "Location", "Type");
                foreach (var letter in documents)
                {
                    table.Row(
                        letter.Seq,
                        letter.State,
                        letter.Topic,
                        letter.Reason,
                        letter.RejectedAt,
                        letter.Location,
                        letter.Type
                    );
                }

                table.WriteTo(console);
            }
        );
        return ExitCode.Ok;
    }

    private static async Task<int> ShowAsync(CommandContext context)
    {
        var seq = context.Arguments.GetValue(Seq);
        var letter =
            await context.Service<DeadLetters>().FindAsync(seq, context.CancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no dead letter {seq}.");
        var document = DeadLetterDocument.Of(letter);
        context.Output.Write(
            document,
            console =>
                console.WriteFields(
                    ("Seq", document.Seq),
                    ("Topic", document.Topic),
                    ("Type", document.Type),
                    ("Location", document.Location),
                    ("State", document.State),
                    ("Rejected", document.RejectedAt),
                    ("Settled", document.ResolvedAt),
                    ("Reason", document.Reason)
                )
        );
        return ExitCode.Ok;
    }

    private static async Task<int> DecideAsync(
        CommandContext context,
        Func<DeadLetters, long, CommandContext, Task<DeadLetterDecision>> decide
    )
    {
        var letters = context.Service<DeadLetters>();
        var done = new List<DecisionDocument>();
        foreach (var seq in await SeqsOfAsync(context, letters))
        {
            done.Add(new DecisionDocument(seq, await decide(letters, seq, context)));
        }

        context.Output.Write(new { DeadLetters = done }, console => Write(console, done));
        return done.Exists(one => one.Result == DeadLetterDecision.NotFound) ? ExitCode.NotFound
            : done.TrueForAll(one => one.Result == DeadLetterDecision.Taken) ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static void Write(IAnsiConsole console, List<DecisionDocument> done)
    {
        var table = new ConsoleTable("Seq", "Result");
        foreach (var one in done)
        {
            table.Row(
                one.Seq,
                one.Result switch
                {
                    DeadLetterDecision.Taken => "done",
                    DeadLetterDecision.NotFound => "there is no such dead letter",
                    _ => "not open: settled, or about to be sent",
                }
            );
        }

        table.WriteTo(console);
    }

    private static async Task<IReadOnlyList<long>> SeqsOfAsync(CommandContext context, DeadLetters letters) =>
        context.Arguments.GetValue(Seqs) is { Length: > 0 } seqs
            ? seqs
            :
            [
                .. (
                    await letters.ListAsync(
                        context.Arguments.GetValue(OfTopic),
                        DeadLetterState.Open,
                        after: 0,
                        int.MaxValue,
                        context.CancellationToken
                    )
                ).Select(letter => letter.Seq),
            ];
}
