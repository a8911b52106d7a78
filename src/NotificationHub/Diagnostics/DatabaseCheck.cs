using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Whether the database is there, is of this version, and can be written.</summary>
internal sealed class DatabaseCheck(Database database) : IDiagnosticCheck
{
    public string Name => "database";

    public bool NeedsDatabase => false;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        if (!database.Exists)
        {
            return
            [
                DiagnosticResult.Failed(
                    $"there is none at {database.DisplayName}",
                    "Start the hub, which makes it, or name the right one with --Storage:ConnectionString=…"
                ),
            ];
        }

        try
        {
            await database.OpenBesideAsync(cancellationToken);
            await database.WriteAsync(WriteNothingNewAsync, cancellationToken);
            return [DiagnosticResult.Ok($"{database.DisplayName} is of this version and can be written")];
        }
        catch (SchemaException exception)
        {
            return
            [
                DiagnosticResult.Failed(
                    exception.Message,
                    "Run the version that the database is of, or bring it up to this one with `migrate`."
                ),
            ];
        }
        catch (Exception exception)
            when (exception is DatabaseOpenException or StorageUnavailableException or DbException)
        {
            return
            [
                DiagnosticResult.Failed(
                    exception.Message,
                    "See that the file and its folder belong to the hub's user, that the disk is neither full nor mounted read-only, and that no other program holds the file."
                ),
            ];
        }
    }

    // A row of the hub's own, as it was: it goes through the lane and to the disk like any other write.
    private static Task WriteNothingNewAsync(WriteTransaction transaction) =>
        transaction.ExecuteAsync("update change_counter set value = value where name = 'locations'");
}
