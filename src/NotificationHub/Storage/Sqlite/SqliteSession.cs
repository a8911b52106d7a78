using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>The lane's connection with its prepared statements; replaced whole when the connection itself is at fault.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly SqliteConnection connection;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private readonly SqliteStatement setSavepoint;
    private readonly SqliteStatement releaseSavepoint;
    private readonly SqliteStatement rollBackToSavepoint;
    private readonly SqliteAppender posts;
    private readonly SqliteEventAppender events;

    public SqliteSession(SqliteDatabase database)
    {
        this.database = database;
        connection = database.OpenWriter();
        try
        {
            begin = new SqliteStatement(connection, "begin immediate");
            commit = new SqliteStatement(connection, "commit");
            setSavepoint = new SqliteStatement(connection, "savepoint job");
            releaseSavepoint = new SqliteStatement(connection, "release job");
            rollBackToSavepoint = new SqliteStatement(connection, "rollback to job");
            posts = new SqliteAppender(connection, database);
            events = new SqliteEventAppender(connection, database);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public SqliteConnection Connection => connection;

    private bool IsInTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    public void Begin() => begin.Run();

    public void Commit() => commit.Run();

    public void Append(List<NotificationAppend> batch, List<AppendOutcome> outcomes) => posts.Append(batch, outcomes);

    public List<long> Append(IReadOnlyCollection<NewEvent> entries) => events.Append(entries);

    /// <summary>Runs a job so that its failure undoes only itself; returns why it failed.</summary>
    public Exception? TryRun(WriteRequest job)
    {
        setSavepoint.Run();
        try
        {
            job.Run(new WriteTransaction(database, connection));
            releaseSavepoint.Run();
            return null;
        }
        // Some faults, a full disk among them, make SQLite undo everything: then the round has failed, not the job.
        catch (Exception exception) when (IsInTransaction)
        {
            rollBackToSavepoint.Run();
            releaseSavepoint.Run();
            return exception;
        }
    }

    public void RollBack()
    {
        if (IsInTransaction)
        {
            raw.sqlite3_exec(connection.Handle, "rollback");
        }
    }

    public void Dispose()
    {
        begin.Dispose();
        commit.Dispose();
        setSavepoint.Dispose();
        releaseSavepoint.Dispose();
        rollBackToSavepoint.Dispose();
        posts.Dispose();
        events.Dispose();
        connection.Dispose();
    }
}
