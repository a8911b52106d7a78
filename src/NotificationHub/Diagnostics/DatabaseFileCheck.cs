using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Diagnostics;

/// <summary>Whether other users of the machine can read or replace the SQLite file. It runs before any check opens the file.</summary>
internal sealed class DatabaseFileCheck(Database database) : IHubCheck
{
    public string Name => "database file";

    public bool NeedsDatabase => false;

    public Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Finding>>(
            database is not SqliteDatabase { Exists: true } sqlite ? [Finding.NotChecked("there is no SQLite file")]
            : OperatingSystem.IsWindows() ? [Finding.NotChecked("on Windows, the permissions of its folder apply")]
            : Examine(sqlite) is { Count: > 0 } faults ? faults
            : [Finding.Ok("only the hub's user can read and replace it")]
        );

    private static List<Finding> Examine(SqliteDatabase database)
    {
        if (OperatingSystem.IsWindows())
        {
            return [];
        }

        List<Finding> faults =
        [
            .. database
                .Files.Where(File.Exists)
                .Where(FileModes.IsOpenToOthers)
                .Select(file =>
                    Finding.Failed(
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
                faults.Add(
                    Finding.Failed(
                        "other users of this machine can rename and replace the contents of this folder",
                        $"chmod go-w '{folder}'",
                        folder
                    )
                );
            }
        }

        return faults;
    }
}
