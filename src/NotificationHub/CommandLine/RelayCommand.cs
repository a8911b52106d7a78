using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Relay;

namespace NotificationHub.CommandLine;

internal static class RelayCommand
{
    public static Command Create(CommandRunner runner)
    {
        var location = new Argument<string>("location") { Description = "The location's ID from `locations list`." };
        var target = new Option<string?>("--target")
        {
            Description = "The ID of one relay target from `relay status`.",
        };
        return new Command(
            "relay",
            "Manage the relay targets: URLs to which the hub forwards a location's notifications."
        )
        {
            runner.Json,
            CreateStatus(runner),
            CreateSetAside(runner, location, target),
            CreateAdd(runner, location),
            CreateState(
                runner,
                "start",
                """
                Resume forwarding, beginning with the oldest pending notification.

                Without --target, the command applies to all targets of the location. The hub has set aside the
                notifications that became older than Relay:MaxAge while forwarding was stopped. To forward them,
                use `relay resend`.
                """,
                RelayTargetState.Running,
                location,
                target
            ),
            CreateState(
                runner,
                "stop",
                """
                Stop forwarding. Notifications stay pending until `relay start`, but no longer than Relay:MaxAge.

                Without --target, the command applies to all targets of the location. When a notification becomes
                older than Relay:MaxAge (default: 24 hours), the hub sets it aside, even while forwarding is
                stopped.
                """,
                RelayTargetState.Stopped,
                location,
                target
            ),
            CreateResend(runner, location, target),
            CreateState(
                runner,
                "remove",
                """
                Delete a relay target and its secret. Its backlog is not forwarded.

                Notifications that are pending or set aside for the target can no longer be forwarded to it. The
                notification log keeps them. If the location has several targets, specify --target.
                """,
                RelayTargetState.Removed,
                location,
                target
            ),
        };
    }

    private static Command CreateStatus(CommandRunner runner)
    {
        var location = new Argument<string?>("location")
        {
            Description = "Only the targets of the location with this ID. Default: all locations.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return runner.Create(
            "status",
            "List relay targets with their backlog and failures.",
            async context =>
            {
                var locationId = context.Arguments.GetValue(location);
                await context.EnsureExistsAsync(locationId);
                WriteTargets(
                    context,
                    await context.Service<RelayService>().ListAsync(locationId, context.CancellationToken)
                );
            },
            location
        );
    }

    private static Command CreateSetAside(CommandRunner runner, Argument<string> location, Option<string?> target)
    {
        var after = new Option<long>("--after") { Description = "Only notifications with a higher seq." };
        var limit = CommandInput.Limit();
        return runner.Create(
            "set-aside",
            """
            List the notifications that were set aside for a relay target.

            If the location has several targets, specify --target.
            """,
            context =>
                ListSetAsideAsync(
                    context,
                    context.Get(location),
                    context.Get(target),
                    context.Get(after),
                    context.Get(limit)
                ),
            location,
            target,
            after,
            limit
        );
    }

    private static Command CreateAdd(CommandRunner runner, Argument<string> location)
    {
        var url = new Option<string>("--relay-to")
        {
            Description = "The https URL that receives the location's notifications.",
            Required = true,
        };
        var secretFile = SecretFile.CreateRelaySecretOption();
        string? secret = null;
        var add = runner.Create(
            "add",
            """
            Add a relay target: a URL to which the hub forwards a location's notifications from now on.

            If the location already has a target with this URL, the command only replaces the target's secret,
            and fails without --relay-secret-file. To forward without a secret, remove the target first. A new
            target does not take over the backlog of another target.

            Example:
              NotificationHub relay add euymam2icmymo32l --relay-to https://mdm.example.com/notify
            """,
            context => AddAsync(context, context.Get(location), context.Get(url), secret),
            location,
            url,
            secretFile
        );
        add.Validators.Add(command => (secret, _) = SecretFile.ReadFor(runner, command, secretFile));
        return add;
    }

    private static Command CreateState(
        CommandRunner runner,
        string name,
        string description,
        string state,
        Argument<string> location,
        Option<string?> target
    ) =>
        runner.Create(
            name,
            description,
            async context =>
                WriteTargets(
                    context,
                    await context
                        .Service<RelayService>()
                        .SetStateAsync(
                            context.Get(location),
                            context.Get(target),
                            state,
                            context.Actor,
                            context.CancellationToken
                        )
                ),
            location,
            target
        );

    private static Command CreateResend(CommandRunner runner, Argument<string> location, Option<string?> target)
    {
        var seqs = new Option<long[]>("--seq")
        {
            Description = "Only the notifications with these seqs. Default: all.",
            AllowMultipleArgumentsPerToken = true,
        };
        seqs.Validators.Add(given =>
        {
            if (given.Tokens.Any(token => token.Value.StartsWith('-')))
            {
                given.AddError("--seq: must be whole numbers from 1.");
            }
        });
        return runner.Create(
            "resend",
            """
            Ask the running hub to resend the notifications that were set aside. Fix the cause first.

            Without --target, the command applies to all targets of the location. If forwarding to a target is
            stopped, the hub resends after `relay start`.
            """,
            context => ResendAsync(context, context.Get(location), context.Get(target), context.Get(seqs)),
            location,
            target,
            seqs
        );
    }

    private static async Task AddAsync(CommandContext context, string locationId, string? url, string? secret)
    {
        await context.OpenKeyRingAsync();
        var added = await context
            .Service<RelayService>()
            .AddAsync(
                locationId,
                new RelayTargetInput { Url = url, Secret = secret },
                context.Actor,
                context.CancellationToken
            );
        WriteTargets(context, [added]);
    }

    private static async Task ListSetAsideAsync(
        CommandContext context,
        string locationId,
        string? targetId,
        long after,
        int limit
    )
    {
        var rows = await context
            .Service<RelayService>()
            .ListSetAsideAsync(locationId, targetId, after, limit, context.CancellationToken);
        var page = Page.Create(rows, limit, row => row.Seq);
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("Seq", row => row.Seq),
                    ("Notification", row => row.NotificationId),
                    ("Type", row => row.Type),
                    ("Received", row => row.ReceivedAt),
                    ("Set aside", row => row.SetAsideAt),
                    ("Attempts", row => row.Attempts),
                    ("Failure", row => row.Failure),
                    ("Status", row => row.LastStatus)
                );
                console.WriteNext(page.Next);
            }
        );
    }

    private static async Task ResendAsync(
        CommandContext context,
        string locationId,
        string? targetId,
        IReadOnlyCollection<long>? seqs
    )
    {
        var resent = await context
            .Service<RelayService>()
            .ResendAsync(locationId, targetId, seqs ?? [], context.Actor, context.CancellationToken);
        context.Output.Write(
            new ResentNotifications(resent),
            console => console.WriteText($"Notifications that will be sent again: {resent}.")
        );
    }

    private static void WriteTargets(CommandContext context, IReadOnlyList<RelayTargetStatus> targets) =>
        context.Output.Write(
            new Page<RelayTargetStatus>(targets, null),
            console =>
                console.WriteTable(
                    targets,
                    ("Target", target => target.Target),
                    ("Location", target => target.Location),
                    ("Address", target => target.Address),
                    ("State", target => target.State),
                    ("Pending", target => target.Pending),
                    ("Oldest", target => target.OldestPendingAt),
                    ("Set aside", target => target.SetAside),
                    ("Last delivered", target => target.LastDeliveredAt),
                    ("Failing since", target => target.FailingSince),
                    ("Error", target => target.Error)
                )
        );
}
