using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

internal sealed class DatabaseCheck(Database database, DatabaseStartup startup) : SingleDiagnosticCheck("database")
{
    protected override async Task<DiagnosticResult> CheckOneAsync(CancellationToken cancellationToken)
    {
        if (!database.Exists)
        {
            return DiagnosticResult.Failed(
                $"does not exist at {database.DisplayName}",
                "Start the hub, which creates it, or set the right one with --Storage:ConnectionString=…"
            );
        }

        try
        {
            // A serving hub has opened it, and verified its schema.
            if (!startup.IsComplete)
            {
                await database.OpenBesideAsync(cancellationToken);
            }

            await database.WriteAsync(WriteUnchangedAsync, cancellationToken);
            return DiagnosticResult.Ok($"{database.DisplayName} has the schema of this version and can be written");
        }
        catch (SchemaException exception)
        {
            return DiagnosticResult.Failed(
                exception.Message,
                "Run the version that matches the schema, or update the schema with `migrate`."
            );
        }
        catch (Exception exception)
            when (exception is DatabaseOpenException or StorageUnavailableException or DbException)
        {
            return DiagnosticResult.Failed(
                exception.Message,
                "Check that the hub's user owns the file and its folder, that the disk is neither full nor read-only, and that no other program locks the file."
            );
        }
    }

    // Leaves the row unchanged, but passes through the writer to the disk like any other write.
    private static Task WriteUnchangedAsync(WriteTransaction transaction) =>
        transaction.ExecuteAsync("update change_counter set value = value where name = 'locations'");
}
