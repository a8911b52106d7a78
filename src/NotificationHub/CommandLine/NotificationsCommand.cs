using System.CommandLine;
using System.CommandLine.Parsing;
using NotificationHub.Admin;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class NotificationsCommand
{
    private static readonly NotificationFilterValidator Filters = new();

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
        var type = CreateText("--type", "Only notifications with this notificationType, such as ASSET_COUNT.");
        var since = CommandInput.Time("--since", "Only notifications that were received at this time or later.");
        var until = CommandInput.Time("--until", "Only notifications that were received before this time.");
        var notificationId = CreateText("--notification-id", "Only notifications with this notificationId.");
        var eventId = CreateText("--event-id", "Only notifications with this Apple eventId.");
        var adamId = CreateText("--adam-id", "Only notifications about this app or book.");
        var serialNumber = CreateText("--serial-number", "Only notifications that name this device.");
        var clientUserId = CreateText("--client-user-id", "Only notifications that name this user.");
        var before = new Option<long?>("--before") { Description = "Only notifications with a lower seq." };
        var limit = CommandInput.Limit();
        var list = runner.Create(
            "list",
            """
            Search notifications, the newest first.

            --event-id, --adam-id, --serial-number and --client-user-id search the body of every notification,
            which takes a while on a long log. Limit the search with --since and --until.

            Examples:
              NotificationHub notifications list --disposition unrecognized
              NotificationHub notifications list --serial-number C02XK1ZZJGH5 --since 2026-03-01
            """,
            context =>
                ListAsync(
                    context,
                    ReadFilter(context.Arguments.CommandResult),
                    context.Get(before),
                    context.Get(limit)
                ),
            disposition,
            location,
            type,
            since,
            until,
            notificationId,
            eventId,
            adamId,
            serialNumber,
            clientUserId,
            before,
            limit
        );
        list.Validators.Add(command =>
            command.Validate(
                Filters,
                ReadFilter(command),
                // The option's own values are checked already.
                (nameof(NotificationFilter.Disposition), null),
                (nameof(NotificationFilter.Location), location.Name),
                (nameof(NotificationFilter.Type), type.Name),
                (nameof(NotificationFilter.Until), until.Name),
                (nameof(NotificationFilter.NotificationId), notificationId.Name),
                (nameof(NotificationFilter.EventId), eventId.Name),
                (nameof(NotificationFilter.AdamId), adamId.Name),
                (nameof(NotificationFilter.SerialNumber), serialNumber.Name),
                (nameof(NotificationFilter.ClientUserId), clientUserId.Name)
            )
        );
        return list;

        NotificationFilter ReadFilter(CommandResult command) =>
            new()
            {
                Disposition = command.TextOf(disposition),
                Location = command.TextOf(location),
                Type = command.TextOf(type),
                Since = CommandInput.TryParseTime(command.TextOf(since)),
                Until = CommandInput.TryParseTime(command.TextOf(until)),
                NotificationId = command.TextOf(notificationId),
                EventId = command.TextOf(eventId),
                AdamId = command.TextOf(adamId),
                SerialNumber = command.TextOf(serialNumber),
                ClientUserId = command.TextOf(clientUserId),
            };
    }

    private static Option<string?> CreateText(string name, string description) =>
        new(name) { Description = description };

    private static Command CreateShow(CommandRunner runner)
    {
        var seq = new Argument<long>("seq") { Description = "The notification's seq." };
        var raw = new Option<bool>("--raw")
        {
            Description =
                "Print only the body, including invite codes. A file or pipe gets exactly the bytes that Apple sent; on a terminal, "
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
            cannot parse a notification, the notification keeps its disposition. Exit code 1: a notification was
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
                        : context
                            .Service<NotificationListing>()
                            .SeqsAsync(
                                new NotificationFilter
                                {
                                    Disposition = context.Get(disposition),
                                    Location = context.Get(location),
                                },
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

    private static async Task ListAsync(CommandContext context, NotificationFilter filter, long? before, int limit)
    {
        await context.EnsureExistsAsync(filter.Location);
        var page = await context
            .Service<NotificationListing>()
            .ReadAsync(filter, before, limit, TimeSpan.MaxValue, context.CancellationToken);
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
                console.WriteNext(page.Next, "--before");
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
                    ("Result", one => Describe(one.Result)),
                    ("Events", one => one.Events),
                    ("Errors", one => one.Errors)
                )
        );
        return results.Exists(one => one.Result == RerouteResult.NotFound) ? ExitCode.NotFound
            : results.TrueForAll(one => one.Result == RerouteResult.Rerouted) ? ExitCode.Ok
            : ExitCode.Failed;
    }

    private static string Describe(RerouteResult result) =>
        result switch
        {
            RerouteResult.Rerouted => "rerouted",
            RerouteResult.NotFound => "not found",
            RerouteResult.NotSetAside => "unchanged: accepted, so the hub routes it itself",
            RerouteResult.AlreadyRerouted => "unchanged: already rerouted",
            RerouteResult.LocationRemoved => "unchanged: the location was removed",
            _ => "unchanged: still unrecognized",
        };
}
