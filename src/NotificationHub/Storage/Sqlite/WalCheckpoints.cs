using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// Moves the write-ahead log into the database file beside the lane instead of within its commits. The bulk is done on a
/// connection of its own; only then a short pass in the lane finds every frame moved, so that the next write starts the
/// WAL over: without it the WAL never resets while the lane is busy.
/// </summary>
internal sealed class WalCheckpoints : IDisposable
{
    private const int PagesBeforeCheckpoint = 4_000;

    // 256 MiB: beyond this the lane asks for a restart of the WAL, though not more often than this, and never waits for
    // a reader that holds on to it: posts go on.
    private const int PagesCap = 65_536;
    private static readonly TimeSpan RestartInterval = TimeSpan.FromSeconds(10);

    private readonly SqliteDatabase database;
    private readonly Action nudgeLane;
    private readonly SemaphoreSlim due = new(0);
    private readonly Thread thread;
    private volatile bool running;
    private volatile bool finishInLane;
    private volatile bool disposed;
    private long walPages;
    private long nextAtPages = PagesBeforeCheckpoint;
    private long restartedAt;

    public WalCheckpoints(SqliteDatabase database, Action nudgeLane)
    {
        this.database = database;
        this.nudgeLane = nudgeLane;
        thread = new Thread(Loop) { IsBackground = true, Name = "checkpointer" };
    }

    /// <summary>About how many pages the WAL holds.</summary>
    public long WalPages => Interlocked.Read(ref walPages);

    /// <summary>Called by the lane between transactions.</summary>
    public void AfterCommit(SqliteConnection connection)
    {
        if (finishInLane)
        {
            finishInLane = false;
            Finish(connection);
            running = false;
        }

        raw.sqlite3_db_status(connection.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, 1);
        if (Interlocked.Add(ref walPages, written) >= nextAtPages && !running)
        {
            running = true;
            StartIfNeeded();
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

    private void StartIfNeeded()
    {
        if (thread.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
        {
            thread.Start();
        }
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
                // The second pass takes what was written during the first, and is short.
                Checkpoint(connection, "PASSIVE");
                Checkpoint(connection, "PASSIVE");
            }
            catch (SqliteException)
            {
                // A full disk or a locked file: the lane meets the same fault and reports it; the next round tries again.
            }

            finishInLane = true;
            nudgeLane();
        }
    }

    private void Finish(SqliteConnection connection)
    {
        try
        {
            var (left, total) = Checkpoint(connection, "PASSIVE");
            if (left > 0 && total > PagesCap && Stopwatch.GetElapsedTime(restartedAt) > RestartInterval)
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
            // As above: what is not moved now is moved by the next round.
        }
        finally
        {
            raw.sqlite3_busy_timeout(connection.Handle, (int)database.BusyTimeout.TotalMilliseconds);
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
