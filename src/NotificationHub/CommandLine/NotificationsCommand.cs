using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class NotificationsCommand
{
    private static readonly Option<string?> WithDisposition = new Option<string?>("--disposition")
    {
        Description = "Only those of which this became.",
    }.AcceptOnlyFromAmong([.. Dispositions.WireNames]);

    private static readonly Option<string?> SetAside = new Option<string?>("--disposition")
    {
        Description = "All of which this became.",
    }.AcceptOnlyFromAmong("rejected", "quarantined", "unrecognized");

    private static readonly Option<string?> OfLocation = new("--location")
    {
        Description = "Only those of this location.",
    };

    private static readonly Option<long> After = new("--after") { Description = "Only those behind this seq." };

    private static readonly Option<int> Limit = PageLimit.Create();

    private static readonly Argument<long> Seq = new("seq") { Description = "The notification's place in the log." };

    private static readonly Argument<long[]> Seqs = new("seq")
    {
        Description = "The notifications' places in the log.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Raw = new("--raw")
    {
        Description =
            "Print only the body, with invite codes, byte for byte. A terminal gets no control characters; --json: as text.",
    };

    public static Command Create(CommandRunner runner) =>
        new("notifications", "What Apple has posted, and what became of it.")
        {
            CommandRunner.Json,
            CreateList(runner),
            CreateShow(runner),
            CreateReroute(runner),
        };

    private static Command CreateList(CommandRunner runner)
    {
        var list = new Command("list", "List notifications in the order they were stored.")
        {
            WithDisposition,
            OfLocation,
            After,
            Limit,
        };
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        return list;
    }

    private static Command CreateShow(CommandRunner runner)
    {
        var show = new Command("show", "Show one notification with its body.") { Seq, Raw };
        show.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ShowAsync, cancellationToken));
        return show;
    }

    private static Command CreateReroute(CommandRunner runner)
    {
        var reroute = new Command(
            "reroute",
            "Route notifications that were set aside (rejected, quarantined, unrecognized) as if they had been accepted."
        )
        {
            Seqs,
            SetAside,
            OfLocation,
        };
        reroute.Validators.Add(command =>
        {
            var hasDisposition = command.GetResult(SetAside) is not null;
            if (hasDisposition == (command.GetValue(Seqs) is { Length: > 0 }))
            {
                command.AddError("Give either the seqs or --disposition.");
            }

            if (command.GetResult(OfLocation) is not null && !hasDisposition)
            {
                command.AddError("--location goes with --disposition only.");
            }
        });
        reroute.SetAction(
            (arguments, cancellationToken) => runner.RunAsync(arguments, RerouteAsync, cancellationToken)
        );
        return reroute;
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        var page = await NotificationListing.ReadAsync(
            context.Database,
            FilterOf(context.Arguments, WithDisposition),
            context.Arguments.GetValue(After),
            context.Arguments.GetValue(Limit),
            most: int.MaxValue,
            context.CancellationToken
        );
        context.Output.Write(
            page,
            console =>
            {
                var table = new ConsoleTable(
                    "Seq",
                    "Disposition",
                    "Type",
                    "Received",
                    "Location",
                    "Error",
                    "Id",
                    "Bytes"
                );
                foreach (var row in page.Notifications)
                {
                    table.Row(
                        row.Seq,
                        row.Conflict ? $"{row.DispositionWord}, conflict" : row.DispositionWord,
                        row.NotificationType,
                        row.ReceivedAt,
                        row.Location,
                        row.Error,
                        row.NotificationId,
                        row.Bytes
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
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var entry =
            await NotificationLog.FindAsync(connection, seq)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no notification {seq}.");
        var raw = context.Arguments.GetValue(Raw);
        if (raw && !context.Output.IsJson)
        {
            await context.Output.WriteBytesAsync(entry.Body, context.CancellationToken);
            return ExitCode.Ok;
        }

        var document = NotificationDocument.Of(entry, raw);
        context.Output.Write(document, document.WriteTo);
        return ExitCode.Ok;
    }

    private static async Task<int> RerouteAsync(CommandContext context)
    {
        var reroute = context.Service<Reroute>();
        List<RerouteDocument> done = [];
        await foreach (var seq in SeqsOfAsync(context))
        {
            done.Add(
                RerouteDocument.Of(seq, await reroute.RerouteAsync(seq, context.Actor, context.CancellationToken))
            );
        }

        context.Output.Write(
            new { Rerouted = done },
            console =>
            {
                var table = new ConsoleTable("Seq", "Result", "Events", "Faults");
                foreach (var one in done)
                {
                    table.Row(one.Seq, one.Result.ToString(), one.Events, one.Faults);
                }

                table.WriteTo(console);
            }
        );
        return done.Exists(one => one.Result == RerouteResult.NotFound) ? ExitCode.NotFound
            : done.TrueForAll(one => one.Result == RerouteResult.Rerouted) ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static IAsyncEnumerable<long> SeqsOfAsync(CommandContext context) =>
        context.Arguments.GetValue(Seqs) is { Length: > 0 } seqs
            ? seqs.ToAsyncEnumerable()
            : NotificationListing.SeqsAsync(
                context.Database,
                FilterOf(context.Arguments, SetAside),
                context.CancellationToken
            );

    private static NotificationFilter FilterOf(ParseResult arguments, Option<string?> disposition) =>
        new(
            arguments.GetValue(disposition) is { } name ? Dispositions.FromWireName(name) : null,
            arguments.GetValue(OfLocation)
        );
}
