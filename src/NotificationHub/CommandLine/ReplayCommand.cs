using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class ReplayCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = new Argument<string>("id") { Description = "The replay's ID from `replay list`." };
        return new Command(
            "replay",
            "Send published events again, to one subscription or to every subscription of a topic."
        )
        {
            runner.Json,
            CreateStart(runner),
            CreateList(runner),
            runner.Create(
                "show",
                "Show one replay and its progress.",
                async context =>
                    Write(
                        context,
                        await context.Service<ReplayService>().GetAsync(context.Get(id), context.CancellationToken)
                    ),
                id
            ),
            runner.Create(
                "cancel",
                "Cancel an unfinished replay. A batch that is being sent still arrives.",
                async context =>
                    Write(
                        context,
                        await context
                            .Service<ReplayService>()
                            .CancelAsync(context.Get(id), context.Actor, context.CancellationToken)
                    ),
                id
            ),
        };
    }

    private static Command CreateStart(CommandRunner runner)
    {
        var topic = CommandInput.Choice("--topic", "The topic whose events are sent again", TopicMap.Topics);
        topic.Required = true;
        var subscription = new Option<string?>("--subscription")
        {
            Description = "The only subscription that receives them. Default: every subscription of the topic.",
        };
        var after = new Option<long?>("--after") { Description = "Only events with a higher seq." };
        var since = CommandInput.Time("--since", "Only events from this time on, such as 2026-03-01T08:00:00Z.");
        var until = CommandInput.Time(
            "--until",
            "Only events up to this time. Default: up to the last published event."
        );
        var type = new Option<string?>("--type") { Description = "Only events of this type, such as asset.changed." };
        var location = new Option<string?>("--location")
        {
            Description = "Only events of the location with this ID from `locations list`.",
        };
        var rate = new Option<int?>("--rate")
        {
            Description =
                $"Events per second, 1 to {ReplayInputValidator.MaxRate}. Default: {ReplayInput.DefaultRate}.",
            HelpName = "rate",
            CustomParser = given => CommandInput.ParseWhole(given, "--rate", ReplayInputValidator.MaxRate),
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count the events; send nothing." };
        var start = runner.Create(
            "start",
            """
            Ask the running hub to send published events again.

            Specify exactly one of --after and --since. The events keep their IDs; the message IDs are new.
            The replay pauses while new events of the topic are delayed by more than a second. One replay per
            topic runs at a time.

            Example:
              NotificationHub replay start --topic assets --subscription inventory --since 2026-03-01T08:00:00Z
            """,
            async context =>
                Write(
                    context,
                    await context
                        .Service<ReplayService>()
                        .StartAsync(
                            new ReplayInput
                            {
                                Topic = context.Get(topic),
                                Subscription = context.Get(subscription),
                                After = context.Get(after),
                                Since = context.Get(since),
                                Until = context.Get(until),
                                Type = context.Get(type),
                                Location = context.Get(location),
                                Rate = context.Get(rate),
                                DryRun = context.Get(dryRun),
                            },
                            context.Actor,
                            context.CancellationToken
                        )
                ),
            topic,
            subscription,
            after,
            since,
            until,
            type,
            location,
            rate,
            dryRun
        );
        // Numbers and times that cannot be converted are reported by their parsers.
        start.Validators.Add(command =>
        {
            if (command.RequireOne(after, since))
            {
                command.Validate(
                    new ReplayInputValidator(),
                    new ReplayInput
                    {
                        Topic = command.TextOf(topic),
                        Subscription = command.TextOf(subscription),
                        After =
                            command.TextOf(after) is null ? null
                            : long.TryParse(command.TextOf(after), out var seq) ? seq
                            : 0,
                        Since = command.TextOf(since) is null
                            ? null
                            : CommandInput.TryParseTime(command.TextOf(since)) ?? DateTimeOffset.MinValue,
                        Until = CommandInput.TryParseTime(command.TextOf(until)),
                        Type = command.TextOf(type),
                        Location = command.TextOf(location),
                    },
                    (nameof(ReplayInput.Topic), null),
                    (nameof(ReplayInput.Subscription), subscription.Name),
                    (nameof(ReplayInput.After), after.Name),
                    (nameof(ReplayInput.Since), since.Name),
                    (nameof(ReplayInput.Until), until.Name),
                    (nameof(ReplayInput.Type), type.Name),
                    (nameof(ReplayInput.Location), location.Name),
                    (nameof(ReplayInput.Rate), rate.Name)
                );
            }
        });
        return start;
    }

    private static Command CreateList(CommandRunner runner)
    {
        var topic = CommandInput.Choice("--topic", "Only replays of this topic", TopicMap.Topics);
        var state = CommandInput.Choice("--state", "Only replays in this state", ReplayState.All);
        var limit = CommandInput.Limit();
        return runner.Create(
            "list",
            "List replays and their progress, latest first.",
            context => ListAsync(context, context.Get(topic), context.Get(state), context.Get(limit)),
            topic,
            state,
            limit
        );
    }

    private static async Task ListAsync(CommandContext context, string? topic, string? state, int limit)
    {
        var replays = await context.Service<ReplayService>().ListAsync(topic, state, limit, context.CancellationToken);
        context.Output.Write(
            new Page<Replay>(replays, Next: null),
            console =>
                console.WriteTable(
                    replays,
                    ("ID", replay => replay.Id),
                    ("State", replay => replay.State),
                    ("Topic", replay => replay.Topic),
                    ("Subscription", replay => replay.Subscription ?? "all"),
                    ("Sent", replay => $"{replay.Sent} of {replay.Events}"),
                    ("Rejected", replay => replay.Rejected),
                    ("Requested", replay => replay.RequestedAt),
                    ("By", replay => replay.RequestedBy),
                    ("Error", replay => replay.Error)
                )
        );
    }

    private static void Write(CommandContext context, Replay replay) =>
        context.Output.Write(
            replay,
            console =>
                console.WriteFields(
                    ("ID", replay.Id),
                    ("State", replay.State ?? "dry run: nothing was started"),
                    ("Topic", replay.Topic),
                    ("Subscription", replay.Subscription ?? "all"),
                    ("Type", replay.Type),
                    ("Location", replay.Location),
                    ("After seq", replay.After),
                    ("Up to seq", replay.UpTo),
                    ("Events", replay.Events),
                    ("Rate", $"{replay.Rate} per second"),
                    ("Sent", replay.Id is null ? null : replay.Sent),
                    ("Rejected", replay.Id is null ? null : replay.Rejected),
                    ("Position", replay.Id is null ? null : replay.Position),
                    ("Requested", replay.RequestedAt),
                    ("Requested by", replay.RequestedBy),
                    ("Started", replay.StartedAt),
                    ("Last progress", replay.LastProgressAt),
                    ("Finished", replay.FinishedAt),
                    ("Error", replay.Error)
                )
        );
}
