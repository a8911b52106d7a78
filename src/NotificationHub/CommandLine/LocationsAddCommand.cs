using System.CommandLine;
using System.CommandLine.Parsing;
using NotificationHub.Admin;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class LocationsAddCommand
{
    private static readonly AddLocationInputValidator Validator = new();

    private static readonly Option<FileInfo> TokenFile = ContentTokenFile.CreateOption();

    private static readonly Option<string> Url = new("--url")
    {
        Description = "The hub's public address, such as https://hub.example.com; Apple is given URL/notifications/ID.",
        Required = true,
    };

    private static readonly Option<string?> MdmId = new("--mdm-id")
    {
        Description = "Record this mdmInfo.id; without it the recorded one is kept.",
    };

    private static readonly Option<string?> MdmName = new("--mdm-name") { Description = "Record this mdmInfo.name." };

    private static readonly Option<string?> MdmMetadata = new("--mdm-metadata")
    {
        Description = "Record this mdmInfo.metadata.",
    };

    private static readonly Option<bool> ReceiveOnly = new("--receive-only")
    {
        Description =
            "Take no content token and change nothing at Apple: print the URL and the secret, once, for the MDM to configure.",
    };

    public static Command Create(CommandRunner runner)
    {
        var add = new Command(
            "add",
            "Register a location at Apple, while the hub runs. After a time-out, run the same command again: it finds out and finishes."
        )
        {
            TokenFile,
            Url,
            MdmId,
            MdmName,
            MdmMetadata,
            ReceiveOnly,
        };
        add.Validators.Add(Validate);
        add.SetAction(
            (arguments, cancellationToken) =>
                runner.RunAsync(
                    arguments,
                    arguments.GetValue(ReceiveOnly) ? AddReceiveOnlyAsync : AddAsync,
                    cancellationToken
                )
        );
        return add;
    }

    private static void Validate(CommandResult command)
    {
        var (text, isTold) = ContentTokenFile.ReadFor(command, TokenFile);
        command.Judge(
            Validator,
            new AddLocationInput
            {
                Url = command.TextOf(Url),
                ContentToken = text,
                ReceiveOnly = command.IsSet(ReceiveOnly),
                MdmId = command.TextOf(MdmId),
                MdmName = command.TextOf(MdmName),
                MdmMetadata = command.TextOf(MdmMetadata),
            },
            (nameof(AddLocationInput.Url), Url.Name),
            (nameof(AddLocationInput.ContentToken), isTold ? null : TokenFile.Name),
            (nameof(AddLocationInput.MdmId), MdmId.Name),
            (nameof(AddLocationInput.MdmName), MdmName.Name),
            (nameof(AddLocationInput.MdmMetadata), MdmMetadata.Name)
        );
    }

    private static async Task<int> AddAsync(CommandContext context)
    {
        await context.OpenKeyRingAsync();
        var arguments = context.Arguments;
        var request = new RegistrationRequest(
            ContentTokenFile.Read(arguments.GetValue(TokenFile)!),
            new Uri(arguments.GetValue(Url)!),
            new MdmInfo
            {
                Id = arguments.GetValue(MdmId),
                Name = arguments.GetValue(MdmName),
                Metadata = arguments.GetValue(MdmMetadata),
            }
        );
        var location = await context.AuditAsync(
            new AuditedAct("locations add"),
            () => context.Service<LocationRegistration>().RegisterAsync(request, context.CancellationToken),
            added => added.LocationId
        );
        var document = await LocationDocument.OfAsync(context.Database, location, context.CancellationToken);
        context.Output.Write(document, document.WriteTo);
        return ExitCode.Ok;
    }

    private static async Task<int> AddReceiveOnlyAsync(CommandContext context)
    {
        var (location, secret) = await context.AuditAsync(
            new AuditedAct("locations add --receive-only"),
            () =>
                context
                    .Service<ReceiveOnlyRegistration>()
                    .RegisterAsync(new Uri(context.Arguments.GetValue(Url)!), context.CancellationToken),
            added => added.Location.LocationId
        );
        context.Output.WriteHandedOut(location, secret);
        return ExitCode.Ok;
    }

    /// <summary>What the MDM of a receive-only location has to configure.</summary>
    public static void WriteHandedOut(this CommandOutput output, Location location, NotificationSecret secret) =>
        output.Write(
            new
            {
                Id = location.LocationId,
                location.NotificationUrl,
                location.ReceiveOnly,
                NotificationAuthToken = secret.Reveal(),
            },
            console =>
            {
                console.WriteFields(
                    ("Location", location.LocationId),
                    ("notificationUrl", location.NotificationUrl),
                    ("notificationAuthToken", secret.Reveal())
                );
                console.WriteText("Enter both in the MDM's Client Config now: the hub keeps no copy of the secret.");
            }
        );
}
