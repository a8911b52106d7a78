using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;

namespace NotificationHub.CommandLine;

internal static class LocationsAddCommand
{
    public static Command CreateAdd(CommandRunner runner)
    {
        var tokenFile = ContentTokenFile.CreateOption(required: false);
        var url = new Option<string>("--url")
        {
            Description = "The hub's public URL. Apple sends notifications to URL/notifications/LOCATION-ID.",
            Required = true,
        };
        var mdmId = new Option<string?>("--mdm-id")
        {
            Description = "The mdmInfo.id to set at Apple. Default: Apple's current value.",
        };
        var mdmName = new Option<string?>("--mdm-name")
        {
            Description = "The mdmInfo.name to set at Apple. Default: Apple's current value.",
        };
        var mdmMetadata = new Option<string?>("--mdm-metadata")
        {
            Description = "The mdmInfo.metadata to set at Apple. Default: Apple's current value.",
        };
        var receiveOnly = new Option<bool>("--receive-only")
        {
            Description = "Do not contact Apple. Print a URL and a secret, which you enter in the MDM.",
        };
        var input = new AddLocationInput();
        var add = runner.Create(
            "add",
            """
            Register a location.

            A hub must be running. If the command times out, run it again: it resumes the registration.
            A --receive-only registration cannot be resumed: the next run registers a new location, and the
            hub deletes the unfinished one.

            Examples:
              NotificationHub locations add --token-file token.vpptoken --url https://hub.example.com
              NotificationHub locations add --receive-only --url https://hub.example.com
            """,
            context => AddAsync(context, input),
            tokenFile,
            url,
            mdmId,
            mdmName,
            mdmMetadata,
            receiveOnly
        );
        add.Validators.Add(command =>
        {
            var (text, hasError) = ContentTokenFile.ReadFor(command, tokenFile);
            input = new AddLocationInput
            {
                Url = command.TextOf(url),
                ContentToken = text,
                ReceiveOnly = command.IsSet(receiveOnly),
                MdmId = command.TextOf(mdmId),
                MdmName = command.TextOf(mdmName),
                MdmMetadata = command.TextOf(mdmMetadata),
            };
            command.Validate(
                new AddLocationInputValidator(),
                input,
                (nameof(AddLocationInput.Url), url.Name),
                (nameof(AddLocationInput.ContentToken), hasError ? null : tokenFile.Name),
                (nameof(AddLocationInput.MdmId), mdmId.Name),
                (nameof(AddLocationInput.MdmName), mdmName.Name),
                (nameof(AddLocationInput.MdmMetadata), mdmMetadata.Name)
            );
        });
        return add;
    }

    public static Command CreateRenewToken(CommandRunner runner, Argument<string> location)
    {
        var tokenFile = ContentTokenFile.CreateOption(required: true);
        var input = new RenewalInput { LocationId = "" };
        var renew = runner.Create(
            "renew-token",
            """
            Replace a location's content token with a new one for the same library.

            Example:
              NotificationHub locations renew-token euymam2icmymo32l --token-file token.vpptoken
            """,
            context => RenewTokenAsync(context, input),
            location,
            tokenFile
        );
        renew.Validators.Add(command =>
        {
            var (text, hasError) = ContentTokenFile.ReadFor(command, tokenFile);
            input = new RenewalInput { LocationId = command.GetValue(location) ?? "", ContentToken = text };
            command.Validate(
                new RenewalInputValidator(),
                input,
                (nameof(RenewalInput.LocationId), "location"),
                (nameof(RenewalInput.ContentToken), hasError ? null : tokenFile.Name)
            );
        });
        return renew;
    }

    private static async Task AddAsync(CommandContext context, AddLocationInput input)
    {
        if (!input.ReceiveOnly)
        {
            await context.OpenKeyRingAsync();
        }

        var added = await context.Locations.AddAsync(input, context.Actor, context.CancellationToken);
        if (added.NotificationAuthToken is not null)
        {
            context.Output.WriteSecret(added, added.Location, added.NotificationAuthToken);
        }
        else
        {
            context.Output.Write(added, added.Location.WriteTo);
        }
    }

    private static async Task RenewTokenAsync(CommandContext context, RenewalInput input)
    {
        await context.OpenKeyRingAsync();
        context.Output.WriteComparison(
            await context.Locations.RenewTokenAsync(input, context.Actor, context.CancellationToken)
        );
    }

    /// <summary>Prints what the MDM of a receive-only location needs.</summary>
    public static void WriteSecret<T>(
        this CommandOutput output,
        T document,
        LocationDocument location,
        string secret
    ) =>
        output.Write(
            document,
            console =>
            {
                console.WriteFields(
                    ("Location", location.Id),
                    ("notificationUrl", location.NotificationUrl),
                    ("notificationAuthToken", secret)
                );
                console.WriteText("Enter the URL and the secret in the MDM now: the hub does not store the secret.");
            }
        );

    public static void WriteComparison(this CommandOutput output, ComparedLocation compared) =>
        output.Write(
            compared,
            console =>
            {
                compared.Location.WriteTo(console);
                compared.Differences.WriteTo(console);
            }
        );
}
