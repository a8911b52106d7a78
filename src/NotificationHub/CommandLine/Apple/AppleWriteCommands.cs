using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NotificationHub.Apple;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;
using WriteRequest = NotificationHub.Apple.WriteRequest;

namespace NotificationHub.CommandLine.Apple;

/// <summary>Commands that change records at Apple. Each is confirmed, audited and announced to operation tracking.</summary>
internal sealed class AppleWriteCommands(CommandRunner runner, Option<string> location)
{
    private const string Tracking = """
        The hub tracks this request in the same way as your MDM's requests. With --wait, a hub must be
        running, and the command shows the progress until Apple has finished and the hub has published
        what changed.

        Exit code 1: Apple refused the request, or the command failed. With --wait also: a task failed, or
        the request did not finish within 15 minutes.
        """;

    private readonly Option<AssetKey[]> assets = new("--asset")
    {
        Description = "The adamId of an app or book. Append /PLUS if its pricingParam is PLUS. Can be repeated.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ParseAssets,
    };

    private readonly Option<string[]> serials = CreateList("--serial", "A device's serial number. Can be repeated.");

    private readonly Option<string[]> users = CreateList("--user", "A user's clientUserId. Can be repeated.");

    private readonly Option<string?> email = new("--email")
    {
        Description = "The email address to which Apple sends the invitation.",
    };

    private readonly Option<string?> managedAccount = new("--managed-apple-account")
    {
        Description =
            "The user's Managed Apple Account. Apple then links the user to this account at once, without an invitation.",
    };

    private readonly Option<bool> yes = new("--yes")
    {
        Description = "Do not ask for confirmation. Required if the input is not a terminal.",
    };

    private readonly Option<bool> wait = new("--wait")
    {
        Description = "Wait until Apple has finished and the hub has published what changed.",
    };

    public Command CreateAssociate() =>
        CreateForHolders(
            "associate",
            $"""
            Assign apps or books to devices or users.

            {Tracking}

            Example:
              NotificationHub apple associate --location ztvnk4phn3z63hne --asset 361309726 --user ann
            """,
            context => new AssociateAssetsRequest
            {
                Assets = context.Get(assets)!,
                SerialNumbers = context.Get(serials)!,
                ClientUserIds = context.Get(users)!,
            },
            "Read the assignments first, and skip devices and users that already have the app or book.",
            assets
        );

    public Command CreateDisassociate() =>
        CreateForHolders(
            "disassociate",
            $"""
            Take apps or books back from devices or users.

            {Tracking}
            """,
            context => new DisassociateAssetsRequest
            {
                Assets = context.Get(assets)!,
                SerialNumbers = context.Get(serials)!,
                ClientUserIds = context.Get(users)!,
            },
            "Read the assignments first, and send only what is still needed: skip devices and users without the app or book.",
            assets
        );

    public Command CreateRevoke() =>
        CreateForHolders(
            "revoke",
            $"""
            Take all revocable apps and books back from devices or users.

            {Tracking}
            """,
            context => new RevokeAssetsRequest
            {
                SerialNumbers = context.Get(serials)!,
                ClientUserIds = context.Get(users)!,
            },
            "Read the assignments first, and send only what is still needed: skip devices and users without a revocable app or book."
        );

    public Command CreateCreateUser() =>
        CreateForUser(
            "create",
            "Create a user.",
            user => new CreateUsersRequest { Users = [user] },
            "Read the user first, and send nothing if an active user has this clientUserId."
        );

    public Command CreateUpdateUser() =>
        CreateForUser(
            "update",
            "Change a user's email address or Managed Apple Account.",
            user => new UpdateUsersRequest { Users = [user] },
            "Read the user first, and send nothing if the user already has this email address. A Managed Apple Account is "
                + "always sent, because Apple does not return it."
        );

    public Command CreateRetireUsers()
    {
        var command = CreateWrite(
            "retire",
            $"""
            Retire users: they lose all apps, books and subscriptions.

            {Tracking}
            """,
            context => new RetireUsersRequest
            {
                Users = [.. context.Get(users)!.Select(id => new RequestUser { ClientUserId = id })],
            },
            "Read the users first, and send only what is still needed: skip users that are already retired.",
            [location, users]
        );
        command.Validators.Add(result => Require(result, users));
        return command;
    }

    private Command CreateForHolders(
        string name,
        string description,
        Func<CommandContext, WriteRequest> create,
        string missingOnlyHelp,
        params Option[] more
    )
    {
        var command = CreateWrite(name, description, create, missingOnlyHelp, [location, .. more, serials, users]);
        command.Validators.Add(result => Require(result, serials, users));
        return command;
    }

    private Command CreateForUser(
        string name,
        string summary,
        Func<RequestUser, WriteRequest> create,
        string missingOnlyHelp
    )
    {
        var user = new Argument<string>("client-user-id") { Description = "The user's clientUserId." };
        return CreateWrite(
            name,
            $"""
            {summary}

            {Tracking}
            """,
            context =>
                create(
                    new RequestUser
                    {
                        ClientUserId = context.Get(user),
                        Email = context.Get(email),
                        ManagedAppleId = context.Get(managedAccount),
                    }
                ),
            missingOnlyHelp,
            [user, location, email, managedAccount]
        );
    }

    /// <param name="missingOnlyHelp">What --missing-only does; it differs by command.</param>
    private Command CreateWrite(
        string name,
        string description,
        Func<CommandContext, WriteRequest> create,
        string missingOnlyHelp,
        Symbol[] inputs
    )
    {
        var missingOnly = new Option<bool>("--missing-only") { Description = missingOnlyHelp };
        return runner.Create(
            name,
            description,
            context => SendAsync(context, name, create(context), context.Get(missingOnly)),
            [.. inputs, missingOnly, yes, wait]
        );
    }

    private async Task<int> SendAsync(CommandContext context, string name, WriteRequest request, bool missingOnly)
    {
        var locationId = context.Get(location)!;
        var subject = WriteConfirmation.Describe(request, nameOf: _ => null);
        if (!context.Get(yes))
        {
            await WriteConfirmation.AskAsync(context, name, locationId, request);
        }

        await context.OpenKeyRingAsync();
        var progress = context.Service<WriteProgress>();
        var after = context.Get(wait) ? await progress.BeginAsync(context.CancellationToken) : 0;
        var accepted = await context
            .Service<AuditTrail>()
            .RunAsync(
                context.Actor,
                new AuditedAct(request is UsersRequest ? $"apple users {name}" : $"apple {name}", locationId, subject),
                () =>
                    context
                        .Service<AppleWrites>()
                        .SendAsync(
                            new AppleWrite(locationId, request, missingOnly),
                            context.Actor,
                            context.CancellationToken
                        )
            );
        var state =
            context.Get(wait) && accepted.Count > 0
                ? await progress.FollowAsync(
                    locationId,
                    [.. accepted.Select(one => one.EventId)],
                    after,
                    state => Report(context, state),
                    context.CancellationToken
                )
                : null;
        context.Output.Write(
            new
            {
                Location = locationId,
                Requests = accepted,
                state?.Operations,
                state?.Events,
                IsDone = state?.IsDone,
            },
            console =>
            {
                if (accepted.Count == 0)
                {
                    console.WriteText("Nothing is missing, so nothing was sent.");
                }

                foreach (var one in accepted)
                {
                    console.WriteUnwrapped(
                        $"Apple accepted {one.Kind}: event {one.EventId}, number of tasks: {one.Tasks?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}."
                    );
                }

                if (state is { Events.Count: > 0 })
                {
                    console.WriteUnwrapped(
                        $"Events: {string.Join(", ", state.Events.Select(one => $"{one.Key} ({one.Value})"))}"
                    );
                }

                if (state is { IsDone: false })
                {
                    console.WriteText(
                        "Not finished after 15 minutes. The hub continues; `operations show` shows the state."
                    );
                }
            }
        );
        return state is null or { IsDone: true, IsSuccess: true } ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Report(CommandContext context, WriteState state)
    {
        if (!context.Output.IsJson)
        {
            context.Output.Write(state, console => console.WriteUnwrapped(state.ToString()));
        }
    }

    private static void Require(CommandResult result, params Option[] options)
    {
        if (options.All(option => string.IsNullOrEmpty(result.TextOf(option))))
        {
            result.AddError($"Specify {string.Join(" or ", options.Select(option => option.Name))}.");
        }
    }

    private static Option<string[]> CreateList(string name, string description) =>
        new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    private static AssetKey[]? ParseAssets(ArgumentResult given)
    {
        List<AssetKey> parsed = [];
        foreach (var token in given.Tokens)
        {
            var parts = token.Value.Split('/');
            if (
                parts is not ([_] or [_, "STDQ" or "PLUS"])
                || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            )
            {
                given.AddError(
                    $"--asset: '{token.Value}' must be Apple's ID in digits, such as 361309726 or 361309726/PLUS."
                );
                return null;
            }

            parsed.Add(new AssetKey { AdamId = parts[0], PricingParam = parts.Length == 2 ? parts[1] : "STDQ" });
        }

        return [.. parsed];
    }
}
