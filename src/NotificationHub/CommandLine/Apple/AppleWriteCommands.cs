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
        The hub tracks the request as it tracks your MDM's requests. With --wait, the command shows the
        progress until Apple has finished and the hub has published what changed. Exit code 1: Apple
        refused the request, a task failed, or it is not finished after 15 minutes.
        """;

    private readonly Option<AssetKey[]> assets = new("--asset")
    {
        Description = "An app or book: ADAMID for the pricingParam STDQ, ADAMID/PLUS for PLUS. Can be repeated.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ParseAssets,
    };

    private readonly Option<string[]> serials = CreateList("--serial", "A device's serial number. Can be repeated.");

    private readonly Option<string[]> users = CreateList("--user", "A user's clientUserId. Can be repeated.");

    private readonly Option<string?> email = new("--email") { Description = "The address that Apple invites." };

    private readonly Option<string?> managedAccount = new("--managed-apple-account")
    {
        Description =
            "The user's Managed Apple Account. Apple then associates the user at once, without an invitation.",
    };

    private readonly Option<bool> yes = new("--yes") { Description = "Do not ask for confirmation." };

    private readonly Option<bool> wait = new("--wait")
    {
        Description = "Wait until Apple has finished and the hub has published what changed.",
    };

    private readonly Option<bool> missingOnly = new("--missing-only")
    {
        Description = "Read the records first, and skip what already has the requested result.",
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
            }
        );

    public Command CreateCreateUser() =>
        CreateForUser("create", "Create a user.", user => new CreateUsersRequest { Users = [user] });

    public Command CreateUpdateUser() =>
        CreateForUser(
            "update",
            "Change a user's email address or Managed Apple Account.",
            user => new UpdateUsersRequest { Users = [user] }
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
            [location, users, missingOnly, yes, wait]
        );
        command.Validators.Add(result => Require(result, users));
        return command;
    }

    private Command CreateForHolders(
        string name,
        string description,
        Func<CommandContext, WriteRequest> create,
        params Option[] more
    )
    {
        var command = CreateWrite(
            name,
            description,
            create,
            [location, .. more, serials, users, missingOnly, yes, wait]
        );
        command.Validators.Add(result => Require(result, serials, users));
        return command;
    }

    private Command CreateForUser(string name, string summary, Func<RequestUser, WriteRequest> create)
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
            [user, location, email, managedAccount, missingOnly, yes, wait]
        );
    }

    private Command CreateWrite(
        string name,
        string description,
        Func<CommandContext, WriteRequest> create,
        Symbol[] inputs
    ) => runner.Create(name, description, context => SendAsync(context, name, create(context)), inputs);

    private async Task<int> SendAsync(CommandContext context, string name, WriteRequest request)
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
                            new AppleWrite(locationId, request, context.Get(missingOnly)),
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
                        $"Apple accepted {one.Kind} with {one.Tasks?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of"} tasks: event {one.EventId}."
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
