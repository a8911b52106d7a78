using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Explains SQLite's error codes when a file cannot be opened.</summary>
internal static class SqliteOpenError
{
    public static bool IsOne(Exception exception) =>
        exception is SqliteException or IOException or UnauthorizedAccessException;

    public static DatabaseOpenException Create(string file, Exception exception)
    {
        var code = (exception as SqliteException)?.SqliteErrorCode;
        return new($"The database {file} cannot be opened: {Explain(file, code, exception)}", exception)
        {
            IsUnusable = code is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED),
        };
    }

    /// <summary>Explains why the first write of a starting hub failed; null for other exceptions.</summary>
    public static DatabaseOpenException? FromWrite(string file, StorageUnavailableException exception) =>
        exception.InnerException is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_IOERR } error
            ? Create(file, error)
            : null;

    private static string Explain(string file, int? code, Exception exception) =>
        code switch
        {
            raw.SQLITE_CANTOPEN =>
                "it is not a file, or this user cannot read and write the file and its folder. Specify another file with --Storage:ConnectionString=…",
            raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT =>
                "it is not a SQLite database, or it is damaged. Restore it from a backup, or specify another file with --Storage:ConnectionString=…",
            raw.SQLITE_READONLY or raw.SQLITE_PERM =>
                "this user cannot write to it. Grant write access, or specify another file with --Storage:ConnectionString=…",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another process has locked it. Stop that process, or try again.",
            raw.SQLITE_FULL => "the disk is full. Free some space, and try again.",
            // SQLite cannot create its shared-memory file on a full disk, and reports a disk error.
            raw.SQLITE_IOERR when IsFull(file) => "the disk is full. Free some space, and try again.",
            raw.SQLITE_IOERR =>
                $"the disk failed while reading or writing ({exception.Message}). Check the disk and its file system.",
            _ => exception.Message,
        };

    private static bool IsFull(string file)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace < 64 * 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
