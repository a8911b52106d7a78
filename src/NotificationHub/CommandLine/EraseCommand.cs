using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Erasure;

namespace NotificationHub.CommandLine;

internal static class EraseCommand
{
    private static readonly Option<string?> OfDevice = new("--serial") { Description = "A device's serial number." };

    private static readonly Option<string?> OfUser = new("--user") { Description = "A user's clientUserId." };

    private static readonly Option<string?> OfLocation = new("--location")
    {
        Description = "Only what was kept of this location; its id, of `locations list`.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Only count what there is: nothing is changed.",
    };

    public static Command Create(CommandRunner runner)
    {
        var erasure = new Command("purge", "Take a person's or a device's data out of everything that is kept.")
        {
            CommandRunner.Json,
            OfDevice,
            OfUser,
            OfLocation,
            DryRun,
        };
        erasure.Validators.Add(command =>
            command.Judge(
                new ErasureRequestValidator(),
                new ErasureRequest { SerialNumber = command.TextOf(OfDevice), ClientUserId = command.TextOf(OfUser) },
                (nameof(ErasureRequest.SerialNumber), "--serial"),
                (nameof(ErasureRequest.ClientUserId), "--user")
            )
        );
        erasure.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, EraseAsync, cancellationToken));
        return erasure;
    }

    private static async Task<int> EraseAsync(CommandContext context)
    {
        var request = new ErasureRequest
        {
            SerialNumber = context.Arguments.GetValue(OfDevice),
            ClientUserId = context.Arguments.GetValue(OfUser),
            LocationId = context.Arguments.GetValue(OfLocation),
        };
        var service = context.Service<ErasureService>();
        var result = context.Arguments.GetValue(DryRun)
            ? await service.PreviewAsync(request, context.CancellationToken)
            : await service.EraseAsync(request, context.Actor, context.CancellationToken);
        var document = ErasureDocument.Of(request, result);
        context.Output.Write(
            document,
            console =>
            {
                console.WriteFields(
                    ("State", document.DryRun ? "dry run: nothing was changed" : document.State),
                    ("Audit entry", document.AuditEntry),
                    ("Notifications", document.Notifications),
                    ("Events", document.Events),
                    ("Records", document.Records)
                );
                foreach (var remark in document.Remarks)
                {
                    console.WriteUnwrapped(remark);
                }
            }
        );
        return result.IsDone ? ExitCode.Ok : ExitCode.Failed;
    }
}
