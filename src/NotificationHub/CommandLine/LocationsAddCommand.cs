using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class LocationsAddCommand
{
    public static Command CreateAdd(CommandRunner runner)
    {
        var tokenFile = SecretFile.CreateContentTokenOption(required: false);
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
        var relay = new Option<bool>("--relay")
        {
            Description = "Forward every notification to the server whose URL is in Client Config now.",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace another server's URL at Apple. That server receives no more notifications.",
        };
        var relayTo = new Option<string?>("--relay-to")
        {
            Description = "Forward every notification to this URL. It must accept a test notification.",
        };
        var relaySecretFile = SecretFile.CreateRelaySecretOption();
        var input = new AddLocationInput();
        var add = runner.Create(
            "add",
            """
            Register a location.

            A hub must be running. If the command times out, run it again: it resumes the registration.
            A --receive-only registration cannot be resumed: the next run registers a new location, and the
            hub deletes the unfinished one.

            If Apple currently sends notifications to another server, specify --relay or --replace; otherwise
            the command fails and changes nothing at Apple. With --relay or --replace, the hub stores that
            server's URL and secret, and `locations remove` restores them.

            Examples:
              NotificationHub locations add --token-file token.vpptoken --url https://hub.example.com
              NotificationHub locations add --token-file token.vpptoken --url https://hub.example.com --relay
              NotificationHub locations add --receive-only --url https://hub.example.com
            """,
            context => AddAsync(context, input),
            tokenFile,
            url,
            mdmId,
            mdmName,
            mdmMetadata,
            relay,
            replace,
            relayTo,
            relaySecretFile,
            receiveOnly
        );
        add.Validators.Add(command =>
        {
            var (text, hasError) = SecretFile.ReadFor(runner, command, tokenFile);
            var (relaySecret, hasSecretError) = SecretFile.ReadFor(runner, command, relaySecretFile);
            input = new AddLocationInput
            {
                Url = command.TextOf(url),
                ContentToken = text,
                ReceiveOnly = command.IsSet(receiveOnly),
                MdmId = command.TextOf(mdmId),
                MdmName = command.TextOf(mdmName),
                MdmMetadata = command.TextOf(mdmMetadata),
                Relay = command.IsSet(relay),
                Replace = command.IsSet(replace),
                RelayTo = command.TextOf(relayTo),
                RelaySecret = relaySecret,
            };
            command.Validate(
                new AddLocationInputValidator(),
                input,
                (nameof(AddLocationInput.Url), url.Name),
                (nameof(AddLocationInput.ContentToken), hasError ? null : tokenFile.Name),
                (nameof(AddLocationInput.MdmId), mdmId.Name),
                (nameof(AddLocationInput.MdmName), mdmName.Name),
                (nameof(AddLocationInput.MdmMetadata), mdmMetadata.Name),
                (nameof(AddLocationInput.Relay), relay.Name),
                (nameof(AddLocationInput.Replace), replace.Name),
                (nameof(AddLocationInput.RelayTo), relayTo.Name),
                (nameof(AddLocationInput.RelaySecret), hasSecretError ? null : relaySecretFile.Name)
            );
        });
        return add;
    }

    public static Command CreateRenewToken(CommandRunner runner, Argument<string> location)
    {
        var tokenFile = SecretFile.CreateContentTokenOption(required: true);
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
            var (text, hasError) = SecretFile.ReadFor(runner, command, tokenFile);
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
        if (!input.ReceiveOnly || input.RelayTo is not null)
        {
            await context.OpenKeyRingAsync();
        }

        var added = await context.Locations.AddAsync(input, context.Actor, context.CancellationToken);
        context.Output.Write(
            added,
            console =>
            {
                if (added.NotificationAuthToken is { } secret)
                {
                    console.WriteSecret(added.Location, secret);
                }
                else
                {
                    added.Location.WriteTo(console);
                }

                added.WriteServers(console);
            }
        );
    }

    private static void WriteServers(this AddedLocation added, IAnsiConsole console)
    {
        if (added.ReplacedServer is { } replaced)
        {
            console.WriteReplaced(replaced);
        }

        foreach (var target in added.RelayTargets)
        {
            console.WriteText(
                $"The hub forwards every notification to {target.Host}, which responded HTTP {target.Status} to a test notification."
            );
        }
    }

    public static void WriteReplaced(this IAnsiConsole console, ReplacedServerDocument replaced) =>
        console.WriteText(
            $"Apple sends the notifications to the hub instead of {replaced.Host}. "
                + (
                    replaced.Restorable
                        ? "`locations remove` restores that server's URL."
                        : "`locations remove` cannot restore that server's URL, because Apple returned no usable secret for it."
                )
        );

    private static async Task RenewTokenAsync(CommandContext context, RenewalInput input)
    {
        await context.OpenKeyRingAsync();
        context.Output.WriteComparison(
            await context.Locations.RenewTokenAsync(input, context.Actor, context.CancellationToken)
        );
    }

    /// <summary>Prints what the MDM of a receive-only location needs.</summary>
    public static void WriteSecret(this IAnsiConsole console, LocationDocument location, string secret)
    {
        console.WriteFields(
            ("Location", location.Id),
            ("notificationUrl", location.NotificationUrl),
            ("notificationAuthToken", secret)
        );
        console.WriteText("Enter the URL and the secret in the MDM now: the hub does not store the secret.");
    }

    public static void WriteComparison(this CommandOutput output, ComparedLocation compared) =>
        output.Write(
            compared,
            console =>
            {
                compared.Location.WriteTo(console);
                compared.Differences.WriteTo(console);
                if (compared.Differences.Count == 0)
                {
                    console.WriteText("Apple has the hub's settings.");
                }
            }
        );
}
