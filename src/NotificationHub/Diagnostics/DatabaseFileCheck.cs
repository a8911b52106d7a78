using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Diagnostics;

/// <summary>Checks that no other user can read or replace the SQLite file. Runs before any check opens the file.</summary>
internal sealed class DatabaseFileCheck(Database database) : DiagnosticCheck("database file")
{
    public override Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<DiagnosticResult>>(
            database is not SqliteDatabase { Exists: true } sqlite
                ? [DiagnosticResult.NotChecked("there is no SQLite file")]
            : OperatingSystem.IsWindows()
                ? [DiagnosticResult.NotChecked("on Windows, the permissions of its folder apply")]
            : Check(sqlite) is { Count: > 0 } problems ? problems
            : [DiagnosticResult.Ok("only the hub's user can read and replace it")]
        );

    private static List<DiagnosticResult> Check(SqliteDatabase database)
    {
        if (OperatingSystem.IsWindows())
        {
            return [];
        }

        List<DiagnosticResult> problems =
        [
            .. database
                .Files.Where(File.Exists)
                .Where(FileModes.IsOpenToOthers)
                .Select(file =>
                    DiagnosticResult.Failed(
                        "other users of this machine can read or write it",
                        $"chmod go= '{file}'. If the hub's user owns the file, the hub does this when it opens the file.",
                        file
                    )
                ),
        ];
        for (
            var folder = Path.GetDirectoryName(database.File);
            folder is not null;
            folder = Path.GetDirectoryName(folder)
        )
        {
            if (FileModes.LetsOthersRename(folder))
            {
                problems.Add(
                    DiagnosticResult.Failed(
                        "other users of this machine can rename and replace the contents of this folder",
                        $"chmod go-w '{folder}'",
                        folder
                    )
                );
            }
        }

        return problems;
    }
}
