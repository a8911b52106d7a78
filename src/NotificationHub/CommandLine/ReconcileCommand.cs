using System.CommandLine;
using NotificationHub.Apple;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Metadata;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class ReconcileCommand
{
    public static Command Create(CommandRunner runner)
    {
        var location = new Option<string>("--location")
        {
            Description = "The location's ID from `locations list`.",
            Required = true,
        };
        var kind = CommandInput.Choice(
            "--kind",
            "Only records of this kind",
            [.. RecordKind.All.Select(kind => kind.Name)]
        );
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "List the differences, but change and publish nothing.",
        };
        return runner.Create(
            "reconcile",
            """
            Compare the hub's copy of a location's records with Apple's, and correct the hub's copy.

            Without --dry-run, a hub must be running. The hub corrects its copy and publishes the changes;
            the command waits for it. The command does not work for a receive-only location.

            With --dry-run, exit code 1 means that there are differences, or that the command failed.
            Without --dry-run, it means that Apple refused to return a kind of record, or that the command
            failed.

            Example:
              NotificationHub reconcile --location euymam2icmymo32l --kind assignment --dry-run
            """,
            context =>
            {
                IReadOnlyList<RecordKind> kinds = context.Get(kind) is { } name
                    ? [RecordKind.FromName(name)]
                    : RecordKind.All;
                return context.Get(dryRun)
                    ? ListDifferencesAsync(context, context.Get(location)!, kinds)
                    : ReconcileAsync(context, context.Get(location)!, kinds);
            },
            location,
            kind,
            dryRun,
            runner.Json
        );
    }

    private static async Task<int> ReconcileAsync(
        CommandContext context,
        string locationId,
        IReadOnlyList<RecordKind> kinds
    )
    {
        var request = context.Service<ReconcileRequest>();
        var fullSyncs = await context
            .Service<AuditTrail>()
            .RunAsync(
                context.Actor,
                new AuditedAct("reconcile", locationId),
                async () =>
                    await request.WaitAsync(
                        await request.RequestAsync(locationId, kinds, context.CancellationToken),
                        context.CancellationToken
                    )
            );
        context.Output.Write(
            new { Location = locationId, FullSyncs = fullSyncs },
            console =>
            {
                console.WriteTable(
                    fullSyncs,
                    ("Kind", fullSync => fullSync.Kind),
                    ("Records", fullSync => fullSync.Records),
                    ("Pages", fullSync => fullSync.Pages),
                    ("Differences", fullSync => fullSync.Drifts),
                    ("Finished", fullSync => fullSync.FinishedAt)
                );
                foreach (var fullSync in fullSyncs.Where(fullSync => fullSync.RefusedAt is not null))
                {
                    console.WriteText(
                        $"Apple refuses to return the kind {fullSync.Kind} ({fullSync.Error}). The hub retries on schedule."
                    );
                }
            }
        );
        return fullSyncs.Any(fullSync => fullSync.RefusedAt is not null) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<int> ListDifferencesAsync(
        CommandContext context,
        string locationId,
        IReadOnlyList<RecordKind> kinds
    )
    {
        var location = await FindAsync(context, locationId);
        await context.OpenKeyRingAsync();
        var dryRun = context.Service<ReconcileDryRun>();
        List<DriftDocument> drifts = [];
        try
        {
            foreach (var kind in kinds)
            {
                await foreach (var found in dryRun.FindAsync(location, kind, context.CancellationToken))
                {
                    drifts.Add(DriftDocument.From(kind, found));
                }
            }
        }
        catch (AppleException exception)
        {
            throw new CommandException(ExitCode.Failed, $"{exception.Message} Run the command again later.");
        }

        var names = await context
            .Service<ContentNames>()
            .FindCachedAsync(location.Country, drifts.Select(GetAdamId), context.CancellationToken);
        drifts = drifts.ConvertAll(drift => drift with { Name = names.GetValueOrDefault(GetAdamId(drift) ?? "") });
        context.Output.Write(
            new { Location = location.LocationId, Drifts = drifts },
            console =>
                console.WriteTable(
                    drifts,
                    ("Kind", drift => drift.Kind),
                    ("Key", drift => drift.Key),
                    ("Name", drift => drift.Name),
                    ("Change", drift => drift.Change),
                    ("Fields", drift => drift.Fields)
                )
        );
        return drifts.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string? GetAdamId(DriftDocument drift) =>
        RecordKeys.GetAdamId(RecordKind.FromName(drift.Kind), drift.Key);

    private static async Task<Location> FindAsync(CommandContext context, string locationId)
    {
        var location = await LocationStore.GetAsync(context.Database, locationId, context.CancellationToken);
        return location.ContentToken is not null && LocationStates.MayCallApple(location.State)
            ? location
            : throw new CommandException(
                ExitCode.Failed,
                $"Nothing was compared: the hub does not call Apple for location {locationId}, because it is "
                    + $"{(location.ReceiveOnly ? "receive-only" : location.StateName)}."
            );
    }
}

internal sealed record DriftDocument(string Kind, string Key, string Change, IReadOnlyList<string> Fields)
{
    /// <summary>The cached name of the app or book.</summary>
    public string? Name { get; init; }

    public static DriftDocument From(RecordKind kind, RecordDifference difference) =>
        new(
            kind.Name,
            difference.Key,
            difference.Change,
            [
                .. DriftEvents
                    .GetFields(kind, difference)
                    .Select(field =>
                        kind.IsPersonal
                            ? field.Name
                            : $"{field.Name}: {field.Before?.ToString() ?? "–"} → {field.After?.ToString() ?? "–"}"
                    ),
            ]
        );
}
