using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.CommandLine;

internal static class MigrateCommand
{
    private static readonly Option<bool> AfterRestore = new("--after-restore")
    {
        Description =
            "After restoring a backup, before starting a hub: start a new epoch with unused event IDs and revisions, and schedule every location to be read and every record to be restated.",
    };

    private static readonly Option<string?> From = new("--from-sqlite")
    {
        Description =
            "Copy another hub's SQLite file into this database, which must be new, and encrypt its content tokens with this database's key ring. Stop the hub first. Event IDs, revisions and cursors do not change.",
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
                result.AddError("--after-restore and --from-sqlite are two different things: give one of them.");
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
        var outcome = await new RestoreRecovery(context.Database).GoOnAsync(context.Actor, context.CancellationToken);
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
        var (oldProtector, newProtector) = await OpenKeyRingsAsync(context, source, connection.ConnectionString);
        List<string> unreadable = [];
        var copied = await new DatabaseCopy(source, context.Database).RunAsync(
            context.Actor,
            row =>
            {
                try
                {
                    return newProtector.Protect(oldProtector.Unprotect(row.ContentToken));
                }
                catch (CryptographicException)
                {
                    unreadable.Add(row.LocationId);
                    return row.ContentToken;
                }
            },
            context.CancellationToken
        );
        context.Output.Write(
            new
            {
                Database = context.Database.Place,
                Applied = applied,
                Copied = copied,
                UnreadableContentTokens = unreadable,
            },
            console =>
            {
                var table = new ConsoleTable("Table", "Rows");
                foreach (var (name, rows) in copied)
                {
                    table.Row(name, rows);
                }

                table.WriteTo(console);
                console.WriteUnwrapped(
                    unreadable.Count == 0
                        ? "The database was copied."
                        : "The database was copied. The content tokens of these locations could not be decrypted; run `locations renew` for each: "
                            + string.Join(", ", unreadable)
                );
            }
        );
        return ExitCode.Ok;
    }

    /// <summary>Before anything is copied: the copy must not fail at the end because a certificate is missing.</summary>
    private static async Task<(ContentTokenProtector Old, ContentTokenProtector New)> OpenKeyRingsAsync(
        CommandContext context,
        Database source,
        string connectionString
    )
    {
        var storage = new StorageOptions { ConnectionString = connectionString };
        var repository = ActivatorUtilities.CreateInstance<KeyRingRepository>(context.Services, storage, source);
        var old = ActivatorUtilities.CreateInstance<HubKeyRing>(context.Services, repository);
        var current = context.Service<HubKeyRing>();
        return
            await old.OpenAsync(createsKeys: false, context.CancellationToken)
            && await current.OpenAsync(createsKeys: true, context.CancellationToken)
            ? (new ContentTokenProtector(old), new ContentTokenProtector(current))
            : throw new CommandException(
                ExitCode.Failed,
                $"The key ring cannot be opened: {old.Problem ?? current.Problem} Nothing was copied. Correct the settings KeyRing:… and run this command again."
            );
    }
}
