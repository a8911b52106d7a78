using System.CommandLine;
using NotificationHub.Apple;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class ReconcileCommand
{
    private static readonly Option<string> OfLocation = new("--location")
    {
        Description = "The location's id, of `locations list`.",
        Required = true,
    };

    private static readonly Option<string?> OfResource = new Option<string?>("--resource")
    {
        Description = "Only records of this kind.",
    }.AcceptOnlyFromAmong([.. RecordKind.All.Select(kind => kind.Name)]);

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Only list what differs: nothing is written, told or repaired. Ends with 1 where there is any.",
    };

    public static Command Create(CommandRunner runner)
    {
        var reconcile = new Command(
            "reconcile",
            "Compare a location's records with Apple's now. The running hub tells of each that differs and repairs it."
        )
        {
            CommandRunner.Json,
            OfLocation,
            OfResource,
            DryRun,
        };
        reconcile.SetAction(
            (arguments, cancellationToken) =>
                runner.RunAsync(
                    arguments,
                    arguments.GetValue(DryRun) ? RehearseAsync : ReconcileAsync,
                    cancellationToken
                )
        );
        return reconcile;
    }

    private static async Task<int> ReconcileAsync(CommandContext context)
    {
        var locationId = context.Arguments.GetValue(OfLocation)!;
        var order = context.Service<ReconcileRequest>();
        var fullSyncs = await context.AuditAsync(
            new AuditedAct("reconcile", locationId),
            async () =>
                await order.WaitAsync(
                    await order.OrderAsync(locationId, KindsOf(context), context.CancellationToken),
                    context.CancellationToken
                )
        );
        context.Output.Write(
            new { Location = locationId, FullSyncs = fullSyncs },
            console =>
            {
                var table = new ConsoleTable("Resource", "Records", "Pages", "Drifts", "Finished");
                foreach (var fullSync in fullSyncs)
                {
                    table.Row(
                        fullSync.Resource,
                        fullSync.Records,
                        fullSync.Pages,
                        fullSync.Drifts,
                        fullSync.FinishedAt
                    );
                }

                table.WriteTo(console);
                foreach (var fullSync in fullSyncs.Where(fullSync => fullSync.RefusedAt is not null))
                {
                    console.WriteText(
                        $"Apple refuses {fullSync.Resource} ({fullSync.Fault}); the hub retries it on schedule."
                    );
                }
            }
        );
        return fullSyncs.Any(fullSync => fullSync.RefusedAt is not null) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<int> RehearseAsync(CommandContext context)
    {
        var location = await FindAsync(context);
        await context.OpenKeyRingAsync();
        var rehearsal = context.Service<ReconcileDryRun>();
        List<DriftDocument> drifts = [];
        try
        {
            foreach (var kind in KindsOf(context))
            {
                await foreach (var found in rehearsal.FindAsync(location, kind, context.CancellationToken))
                {
                    drifts.Add(DriftDocument.Of(kind, found));
                }
            }
        }
        catch (AppleException fault)
        {
            throw new CommandException(ExitCode.Failed, fault.Message);
        }

        context.Output.Write(
            new { Location = location.LocationId, Drifts = drifts },
            console =>
            {
                var table = new ConsoleTable("Resource", "Key", "Change", "Fields");
                drifts.ForEach(drift => table.Row(drift.Resource, drift.Key, drift.Change, drift.Fields));
                table.WriteTo(console);
            }
        );
        return drifts.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<Location> FindAsync(CommandContext context)
    {
        var locationId = context.Arguments.GetValue(OfLocation)!;
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var location =
            await LocationStore.FindAsync(connection, locationId) ?? throw LocationException.NotFound(locationId);
        return location.ContentToken is not null && LocationStates.MayCallApple(location.State)
            ? location
            : throw new CommandException(
                ExitCode.Failed,
                $"Apple is not called for location {locationId}: it is {(location.ReceiveOnly ? "receive-only" : location.StateName)}."
            );
    }

    private static IReadOnlyList<RecordKind> KindsOf(CommandContext context) =>
        context.Arguments.GetValue(OfResource) is { } resource ? [RecordKind.FromName(resource)] : RecordKind.All;
}

/// <summary>A record that is not as it is known, as commands print it.</summary>
internal sealed record DriftDocument(string Resource, string Key, string Change, IReadOnlyList<string> Fields)
{
    public static DriftDocument Of(RecordKind kind, RecordDifference difference) =>
        new(
            kind.Name,
            difference.Key,
            difference.Change,
            [
                .. DriftEvents
                    .FieldsOf(kind, difference)
                    .Select(field =>
                        kind.IsPersonal
                            ? field.Name
                            : $"{field.Name}: {field.Before?.ToString() ?? "–"} → {field.After?.ToString() ?? "–"}"
                    ),
            ]
        );
}
