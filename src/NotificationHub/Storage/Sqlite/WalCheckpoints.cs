using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// Moves the write-ahead log into the database file, on a connection of its own instead of in the writer's commits. A short
/// last pass on the writer's connection finds every frame moved, so that the next write restarts the log; without it, the
/// log would grow while the writer is busy.
/// </summary>
internal sealed class WalCheckpoints : IDisposable
{
    private const int PagesBeforeCheckpoint = 4_000;

    // 256 MiB. Above it, the writer requests a restart of the log, at most once per interval, without waiting for a reader that blocks it.
    private const int MaxPages = 65_536;
    private static readonly TimeSpan RestartInterval = TimeSpan.FromSeconds(10);

    private readonly SqliteDatabase database;
    private readonly Action wakeWriter;
    private readonly SemaphoreSlim due = new(0);
    private readonly Thread thread;
    private volatile bool running;
    private volatile bool finishOnWriter;
    private volatile bool disposed;
    private long walPages;
    private long nextAtPages = PagesBeforeCheckpoint;
    private long restartedAt;

    public WalCheckpoints(SqliteDatabase database, Action wakeWriter)
    {
        this.database = database;
        this.wakeWriter = wakeWriter;
        thread = new Thread(Loop) { IsBackground = true, Name = "SQLite checkpoints" };
    }

    public long WalPages => Interlocked.Read(ref walPages);

    public void Start() => thread.Start();

    public void AfterCommit(SqliteConnection connection)
    {
        if (finishOnWriter)
        {
            finishOnWriter = false;
            Finish(connection);
            running = false;
        }

        raw.sqlite3_db_status(connection.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, 1);
        if (Interlocked.Add(ref walPages, written) >= nextAtPages && !running)
        {
            running = true;
            due.Release();
        }
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        due.Release();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        due.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            due.Wait();
            if (disposed)
            {
                return;
            }

            try
            {
                using var connection = database.OpenWriter();
                // The second, short pass moves the pages that were written during the first.
                Checkpoint(connection, "PASSIVE");
                Checkpoint(connection, "PASSIVE");
            }
            catch (SqliteException)
            {
                // A full disk or a locked file: the writer reports the same error, and the next round retries.
            }

            finishOnWriter = true;
            wakeWriter();
        }
    }

    private void Finish(SqliteConnection connection)
    {
        try
        {
            var (left, total) = Checkpoint(connection, "PASSIVE");
            if (left > 0 && total > MaxPages && Stopwatch.GetElapsedTime(restartedAt) > RestartInterval)
            {
                restartedAt = Stopwatch.GetTimestamp();
                raw.sqlite3_busy_timeout(connection.Handle, 0);
                (left, total) = Checkpoint(connection, "RESTART");
            }

            var held = left == 0 ? 0 : total;
            Interlocked.Exchange(ref walPages, held);
            nextAtPages = held + PagesBeforeCheckpoint;
        }
        catch (SqliteException)
        {
            // As above: the next round retries.
        }
        finally
        {
            raw.sqlite3_busy_timeout(connection.Handle, (int)database.LockTimeout.TotalMilliseconds);
        }
    }

    private static (long Left, long Total) Checkpoint(SqliteConnection connection, string mode)
    {
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"pragma wal_checkpoint({mode})");
        using var reader = command.ExecuteReader();
        reader.Read();
        var (total, moved) = (reader.GetInt64(1), reader.GetInt64(2));
        return (total - moved, total);
    }
}
