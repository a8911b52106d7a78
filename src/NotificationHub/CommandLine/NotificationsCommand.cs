using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class NotificationsCommand
{
    private static readonly string[] Reroutable = ["rejected", "quarantined", "unrecognized"];

    public static Command Create(CommandRunner runner) =>
        new("notifications", "Inspect and reroute the stored notifications.")
        {
            runner.Json,
            CreateList(runner),
            CreateShow(runner),
            CreateReroute(runner),
        };

    private static Command CreateList(CommandRunner runner)
    {
        var disposition = CreateDisposition(Dispositions.WireNames);
        var location = CreateLocation();
        var after = new Option<long>("--after") { Description = "Only notifications with a higher seq." };
        var limit = CommandInput.Limit();
        return runner.Create(
            "list",
            "List notifications in the order in which they were stored.",
            context =>
                ListAsync(
                    context,
                    NotificationFilter.Create(context.Get(disposition), context.Get(location)),
                    context.Get(after),
                    context.Get(limit)
                ),
            disposition,
            location,
            after,
            limit
        );
    }

    private static Command CreateShow(CommandRunner runner)
    {
        var seq = new Argument<long>("seq") { Description = "The notification's seq." };
        var raw = new Option<bool>("--raw")
        {
            Description =
                "Print only the body, including invite codes. Output to a file or pipe is byte for byte; on a terminal, "
                + "control characters are replaced.",
        };
        return runner.Create(
            "show",
            "Show one notification with its body, but without invite codes.",
            context => ShowAsync(context, context.Get(seq), context.Get(raw)),
            seq,
            raw
        );
    }

    private static Command CreateReroute(CommandRunner runner)
    {
        var seqs = new Argument<long[]>("seq")
        {
            Description = "The notifications' seqs.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var disposition = CreateDisposition(Reroutable, "All notifications with this disposition");
        var location = CreateLocation();
        var reroute = runner.Create(
            "reroute",
            """
            Turn rejected, quarantined or unrecognized notifications into events.

            Specify seqs or --disposition. Use --location only together with --disposition. If the hub still
            cannot read a notification, the notification keeps its disposition. Exit code 1: a notification was
            not routed.

            Examples:
              NotificationHub notifications reroute 17 18
              NotificationHub notifications reroute --disposition unrecognized
            """,
            context =>
                RerouteAsync(
                    context,
                    context.Get(seqs) is { Length: > 0 } given
                        ? given.ToAsyncEnumerable()
                        : NotificationListing.SeqsAsync(
                            context.Database,
                            NotificationFilter.Create(context.Get(disposition), context.Get(location)),
                            context.CancellationToken
                        )
                ),
            seqs,
            disposition,
            location
        );
        reroute.Validators.Add(command =>
        {
            var hasDisposition = command.GetResult(disposition) is not null;
            if (hasDisposition == (command.GetValue(seqs) is { Length: > 0 }))
            {
                command.AddError("Specify either seqs or --disposition.");
            }

            if (command.GetResult(location) is not null && !hasDisposition)
            {
                command.AddError("--location requires --disposition.");
            }
        });
        return reroute;
    }

    private static Option<string?> CreateDisposition(
        IEnumerable<string> values,
        string description = "Only notifications with this disposition"
    ) => CommandInput.Choice("--disposition", description, [.. values]);

    private static Option<string?> CreateLocation() =>
        new("--location") { Description = "Only notifications of this location." };

    private static async Task ListAsync(CommandContext context, NotificationFilter filter, long after, int limit)
    {
        var page = await NotificationListing.ReadAsync(
            context.Database,
            filter,
            after,
            limit,
            most: int.MaxValue,
            context.CancellationToken
        );
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("Seq", row => row.Seq),
                    ("Disposition", row => row.Disposition.ToWireName() + (row.Conflict ? ", conflict" : "")),
                    ("Type", row => row.NotificationType),
                    ("Received", row => row.ReceivedAt),
                    ("Location", row => row.Location),
                    ("Error", row => row.Error),
                    ("ID", row => row.NotificationId),
                    ("Bytes", row => row.Bytes)
                );
                console.WriteNext(page.Next);
            }
        );
    }

    private static async Task ShowAsync(CommandContext context, long seq, bool raw)
    {
        var entry =
            await context.Database.ReadAsync(
                connection => NotificationLog.FindAsync(connection, seq),
                context.CancellationToken
            )
            ?? throw new CommandException(
                ExitCode.NotFound,
                $"There is no notification {seq}. `notifications list` lists the stored ones."
            );
        if (raw && !context.Output.IsJson)
        {
            await context.Output.WriteBytesAsync(entry.Body, context.CancellationToken);
            return;
        }

        var document = NotificationDocument.From(entry, raw);
        context.Output.Write(document, document.WriteTo);
    }

    private static async Task<int> RerouteAsync(CommandContext context, IAsyncEnumerable<long> seqs)
    {
        var reroute = context.Service<Reroute>();
        List<RerouteDocument> results = [];
        await foreach (var seq in seqs)
        {
            results.Add(
                RerouteDocument.From(seq, await reroute.RerouteAsync(seq, context.Actor, context.CancellationToken))
            );
        }

        context.Output.Write(
            new { Rerouted = results },
            console =>
                console.WriteTable(
                    results,
                    ("Seq", one => one.Seq),
                    ("Result", one => one.Result.ToString()),
                    ("Events", one => one.Events),
                    ("Errors", one => one.Errors)
                )
        );
        return results.Exists(one => one.Result == RerouteResult.NotFound) ? ExitCode.NotFound
            : results.TrueForAll(one => one.Result == RerouteResult.Rerouted) ? ExitCode.Ok
            : ExitCode.Failed;
    }
}
