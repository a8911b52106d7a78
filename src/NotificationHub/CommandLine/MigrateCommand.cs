using System.CommandLine;
using Microsoft.Data.Sqlite;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Storage.Upkeep;

namespace NotificationHub.CommandLine;

internal static class MigrateCommand
{
    private static readonly Option<bool> AfterRestore = new("--after-restore")
    {
        Description =
            "After restoring a backup, before starting a hub: start a new epoch with unused event IDs and revisions, and schedule every location to be read and every record to be restated.",
    };

    private static readonly Option<string?> From = new("--from")
    {
        Description =
            "Copy all of another hub's SQLite file into this database, which must be new. Stop the hub first; every event id, revision and cursor stays as it is.",
        HelpName = "FILE",
    };

    public static Command Create(CommandRunner runner)
    {
        var migrate = new Command(
            "migrate",
            "Bring the database's schema up to date, as serving does unless Storage:MigrateOnStart is false."
        )
        {
            CommandRunner.Json,
            AfterRestore,
            From,
        };
        migrate.Validators.Add(result =>
        {
            if (result.GetValue(AfterRestore) && result.GetValue(From) is not null)
            {
                result.AddError("--after-restore and --from are two different things: give one of them.");
            }
        });
        migrate.SetAction(
            (arguments, cancellationToken) => runner.RunUnopenedAsync(arguments, MigrateAsync, cancellationToken)
        );
        return migrate;
    }

    private static async Task<int> MigrateAsync(CommandContext context)
    {
        var from = context.Arguments.GetValue(From);
        if (from is not null && !File.Exists(from))
        {
            throw new CommandException(ExitCode.NotFound, $"There is no file {from} to copy from.");
        }

        if (context.Arguments.GetValue(AfterRestore) && !context.Database.Exists)
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"There is no database at {context.Database.Place}: restore the backup first."
            );
        }

        var applied = await context.Database.MigrateAsync(context.CancellationToken);
        await context.Database.OpenBesideAsync(context.CancellationToken);
        return from is not null ? await CopyAsync(context, from, applied)
            : context.Arguments.GetValue(AfterRestore) ? await GoOnAsync(context, applied)
            : Report(context, applied);
    }

    private static int Report(CommandContext context, IReadOnlyList<string> applied)
    {
        context.Output.Write(
            new { Database = context.Database.Place, Applied = applied },
            console =>
                console.WriteUnwrapped(
                    applied.Count == 0
                        ? $"{context.Database.Place} is up to date."
                        : $"{context.Database.Place} was brought up to date: {string.Join(", ", applied)}."
                )
        );
        return ExitCode.Ok;
    }

    private static async Task<int> GoOnAsync(CommandContext context, IReadOnlyList<string> applied)
    {
        var outcome = await new RestoredDatabase(context.Database).GoOnAsync(context.Actor, context.CancellationToken);
        context.Output.Write(
            new
            {
                Database = context.Database.Place,
                Applied = applied,
                outcome.Epoch,
                outcome.FirstEvent,
            },
            console =>
                console.WriteUnwrapped(
                    $"The logs continue in epoch {outcome.Epoch}; the first new event is {outcome.Epoch}-{outcome.FirstEvent} or later. "
                        + "Once a hub runs, it reads every location again and restates every record with cause restore. When a location is "
                        + "complete, location.restated is published. Run `doctor`, and see docs/storage.md for further checks."
                )
        );
        return ExitCode.Ok;
    }

    private static async Task<int> CopyAsync(CommandContext context, string from, IReadOnlyList<string> applied)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = from, Mode = SqliteOpenMode.ReadWrite };
        await using var source = new SqliteDatabase(
            new StorageOptions { ConnectionString = connection.ConnectionString }
        );
        await source.OpenBesideAsync(context.CancellationToken);
        var copied = await new StoreCopy(source, context.Database).RunAsync(context.Actor, context.CancellationToken);
        var keys = ImportKeys(context, from);
        context.Output.Write(
            new
            {
                Database = context.Database.Place,
                Applied = applied,
                Copied = copied,
                ImportedKeys = keys.Imported,
            },
            console =>
            {
                var table = new ConsoleTable("Table", "Rows");
                foreach (var (name, rows) in copied)
                {
                    table.Row(name, rows);
                }

                table.WriteTo(console);
                console.WriteUnwrapped($"The database was copied. {keys.Outcome}");
            }
        );
        return ExitCode.Ok;
    }

    /// <summary>The keys of a SQLite hub without a certificate are in a folder, which the new database's replicas may not share.</summary>
    private static (int Imported, string Outcome) ImportKeys(CommandContext context, string from)
    {
        var place = context.Service<KeyRingPlace>();
        var folder = context.Service<KeyRingOptions>().Folder is null ? KeyRingPlace.Beside(from) : place.Folder;
        if (!place.InDatabase)
        {
            return (
                0,
                $"Without a certificate, the keys of the content tokens stay in a folder: copy {folder} to {place.Folder}."
            );
        }

        try
        {
            var imported = context.Service<HubKeyRing>().Import(folder);
            return (imported, $"Keys of content tokens that were imported from {folder}: {imported}.");
        }
        catch (KeyRingException exception)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"The database was copied, but the keys of the content tokens in {folder} were not: {exception.Message} Start the hub with "
                    + $"KeyRing:Folder={folder}, which imports them."
            );
        }
    }
}
