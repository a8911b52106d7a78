using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Says in words what SQLite says in codes when a file cannot be opened.</summary>
internal static class SqliteOpenFault
{
    public static bool IsOne(Exception exception) =>
        exception is SqliteException or IOException or UnauthorizedAccessException;

    public static DatabaseOpenException Of(string file, Exception exception) =>
        new($"The database {file} cannot be opened: {Explain(exception)}", exception);

    private static string Explain(Exception exception) =>
        (exception as SqliteException)?.SqliteErrorCode switch
        {
            raw.SQLITE_CANTOPEN =>
                "it is no file, or this user may not read and write it and its folder. Name another with --Storage:ConnectionString=…",
            raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT =>
                "it is no SQLite database, or it is damaged. Restore it from a backup, or name another with --Storage:ConnectionString=…",
            raw.SQLITE_READONLY or raw.SQLITE_PERM =>
                "this user may not write it. Let it, or name another with --Storage:ConnectionString=…",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another process holds it. End that one, or try again.",
            raw.SQLITE_FULL => "the disk is full. Make room, and try again.",
            _ => exception.Message,
        };
}
