using System.CommandLine;
using System.CommandLine.Parsing;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Storage.Auditing;

namespace NotificationHub.CommandLine;

internal static class LocationsAddCommand
{
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
        if (command.GetValue(Url) is { } url && !NotificationUrl.TryParseHub(url, out _, out var fault))
        {
            command.AddError($"--url {fault}.");
        }

        var hasToken = command.GetResult(TokenFile) is not null;
        var receiveOnly = command.GetValue(ReceiveOnly);
        if (!hasToken && !receiveOnly)
        {
            command.AddError("Give --token-file, or --receive-only where there is none.");
        }

        var sends =
            hasToken || new[] { MdmId, MdmName, MdmMetadata }.Any(option => command.GetResult(option) is not null);
        if (sends && receiveOnly)
        {
            command.AddError("With --receive-only nothing is sent to Apple: leave --token-file and --mdm-… out.");
        }
    }

    private static async Task<int> AddAsync(CommandContext context)
    {
        var arguments = context.Arguments;
        var request = new RegistrationRequest(
            await ContentTokenFile.ReadAsync(arguments.GetValue(TokenFile)!, context.CancellationToken),
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
        var document = LocationDocument.Of(location);
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
        context.Output.Write(
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
        return ExitCode.Ok;
    }
}
