using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Erasure;

namespace NotificationHub.CommandLine;

internal static class EraseCommand
{
    public static Command Create(CommandRunner runner)
    {
        var serial = new Option<string?>("--serial") { Description = "The device's serial number." };
        var user = new Option<string?>("--user") { Description = "The user's clientUserId." };
        var location = new Option<string?>("--location")
        {
            Description = "Only data of the location with this ID from `locations list`. Default: all locations.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count the data; change nothing." };
        var erase = runner.Create(
            "erase",
            """
            Delete a person's or a device's data from the hub's database.

            Specify either --serial or --user. If the exit code is 1 and the state in the output is `under-way`,
            the running hub finishes the deletion. If the exit code is 1 and the output has no state, the
            command failed.

            Example:
              NotificationHub erase --serial C02XK0AAJGH5 --dry-run
            """,
            context =>
                EraseAsync(
                    context,
                    new ErasureRequest
                    {
                        SerialNumber = context.Get(serial),
                        ClientUserId = context.Get(user),
                        LocationId = context.Get(location),
                        DryRun = context.Get(dryRun),
                    }
                ),
            serial,
            user,
            location,
            dryRun,
            runner.Json
        );
        erase.Validators.Add(command =>
        {
            if (command.RequireOne(serial, user))
            {
                command.Validate(
                    new ErasureRequestValidator(),
                    new ErasureRequest { SerialNumber = command.TextOf(serial), ClientUserId = command.TextOf(user) },
                    (nameof(ErasureRequest.SerialNumber), serial.Name),
                    (nameof(ErasureRequest.ClientUserId), user.Name)
                );
            }
        });
        return erase;
    }

    private static async Task<int> EraseAsync(CommandContext context, ErasureRequest request)
    {
        var service = context.Service<ErasureService>();
        var result = request.DryRun
            ? await service.PreviewAsync(request, context.CancellationToken)
            : await service.EraseAsync(request, context.Actor, context.CancellationToken);
        var document = ErasureDocument.Create(request, result);
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
