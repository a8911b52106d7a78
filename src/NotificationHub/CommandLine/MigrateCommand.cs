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
    public static Command Create(CommandRunner runner)
    {
        var afterRestore = new Option<bool>("--after-restore")
        {
            Description =
                "Continue the logs in a new epoch and with unused numbers, so that no event ID or revision is reused. "
                + "The hub then reads and publishes every record again. Use this after you restore a backup and before you start a hub.",
        };
        var source = new Option<string?>("--from-sqlite")
        {
            Description =
                "Copy another hub's SQLite file into the configured database, which must be new. The command re-encrypts "
                + "the content tokens and the secrets of relay targets with the new database's key ring. "
                + "Stop the other hub first.",
            HelpName = "FILE",
        };
        var migrate = runner.CreateUnopened(
            "migrate",
            """
            Create the database or update its schema.

            The service updates the schema when it starts, unless Storage:MigrateOnStart is false.

            Example:
              NotificationHub migrate --from-sqlite notificationhub.db --Storage:Provider=SqlServer
            """,
            context => MigrateAsync(context, context.Get(source), context.Get(afterRestore)),
            afterRestore,
            source,
            runner.Json
        );
        migrate.Validators.Add(result =>
        {
            if (result.GetValue(afterRestore) && result.GetValue(source) is not null)
            {
                result.AddError("Specify either --after-restore or --from-sqlite, not both.");
            }
        });
        return migrate;
    }

    private static async Task<int> MigrateAsync(CommandContext context, string? source, bool afterRestore)
    {
        if (source is not null && !File.Exists(source))
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"{source} {(Directory.Exists(source) ? "is a folder, not a file" : "does not exist")}. Nothing was copied."
            );
        }

        if (afterRestore && !context.Database.Exists)
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"The database {context.Database.DisplayName} does not exist: restore the backup first."
            );
        }

        var applied = await context.Database.MigrateAsync(context.CancellationToken);
        await context.Database.OpenBesideAsync(context.CancellationToken);
        return source is not null ? await CopyAsync(context, source, applied)
            : afterRestore ? await StartEpochAsync(context, applied)
            : Report(context, applied);
    }

    private static int Report(CommandContext context, IReadOnlyList<string> applied)
    {
        context.Output.Write(
            new { Database = context.Database.DisplayName, Applied = applied },
            console =>
                console.WriteUnwrapped(
                    applied.Count == 0
                        ? $"{context.Database.DisplayName} is up to date."
                        : $"{context.Database.DisplayName} was updated: {string.Join(", ", applied)}."
                )
        );
        return ExitCode.Ok;
    }

    private static async Task<int> StartEpochAsync(CommandContext context, IReadOnlyList<string> applied)
    {
        var outcome = await new RestoreRecovery(context.Database).RunAsync(context.Actor, context.CancellationToken);
        context.Output.Write(
            new
            {
                Database = context.Database.DisplayName,
                Applied = applied,
                outcome.Epoch,
                outcome.FirstEvent,
            },
            console =>
                console.WriteUnwrapped(
                    $"The logs continue in epoch {outcome.Epoch}, and the next event's ID is {outcome.Epoch}-{outcome.FirstEvent} "
                        + "or higher. Start a hub now: it reads every location again and publishes every record with cause "
                        + "restore. When a location is complete, it publishes location.restated. Then run `doctor`; "
                        + "docs/storage.md lists further checks."
                )
        );
        return ExitCode.Ok;
    }

    private static async Task<int> CopyAsync(CommandContext context, string file, IReadOnlyList<string> applied)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite };
        await using var source = new SqliteDatabase(
            new StorageOptions { ConnectionString = connection.ConnectionString }
        );
        await source.OpenBesideAsync(context.CancellationToken);
        var (oldProtector, newProtector) = await OpenKeyRingsAsync(context, source, connection.ConnectionString);
        List<string> unreadable = [];
        List<string> unreadableSecrets = [];
        List<string> notRestorable = [];
        var copied = await new DatabaseCopy(source, context.Database).RunAsync(
            context.Actor,
            (column, value) =>
            {
                var isToken = column == EncryptedColumn.ContentToken;
                try
                {
                    return isToken
                        ? newProtector.Protect(oldProtector.Unprotect(value.Value))
                        : newProtector.Protect(oldProtector.UnprotectRelaySecret(value.Value));
                }
                catch (CryptographicException)
                {
                    (
                        isToken ? unreadable
                        : column == EncryptedColumn.RelaySecret ? unreadableSecrets
                        : notRestorable
                    ).Add(value.Id);
                    return value.Value;
                }
            },
            context.CancellationToken
        );
        context.Output.Write(
            new
            {
                Database = context.Database.DisplayName,
                Applied = applied,
                Copied = copied,
                UnreadableContentTokens = unreadable,
                UnreadableRelaySecrets = unreadableSecrets,
                UnreadableReplacedSecrets = notRestorable,
            },
            console =>
            {
                console.WriteTable(copied, ("Table", one => one.Key), ("Rows", one => one.Value));
                console.WriteUnwrapped(
                    unreadable.Count == 0
                        ? "The database was copied."
                        : "The database was copied. The content tokens of these locations could not be decrypted; run `locations renew-token` for each: "
                            + string.Join(", ", unreadable)
                );
                if (unreadableSecrets.Count > 0)
                {
                    console.WriteUnwrapped(
                        "The secrets of these relay targets could not be decrypted; run `relay add` again with the secret for each: "
                            + string.Join(", ", unreadableSecrets)
                    );
                }

                if (notRestorable.Count > 0)
                {
                    console.WriteUnwrapped(
                        "The secrets of replaced servers could not be decrypted; the removal of these locations needs --no-restore: "
                            + string.Join(", ", notRestorable)
                    );
                }
            }
        );
        return ExitCode.Ok;
    }

    // Before anything is copied, so that the copy does not fail at the end because a certificate is missing.
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
                $"The key ring cannot be opened: {old.Problem ?? current.Problem} Nothing was copied. "
                    + "Correct the settings KeyRing:… and run the command again."
            );
    }
}
