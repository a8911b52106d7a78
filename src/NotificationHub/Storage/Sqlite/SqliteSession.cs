using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>The writer's connection and its prepared statements, replaced together if the connection fails.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly SqliteConnection connection;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private readonly SqliteStatement setSavepoint;
    private readonly SqliteStatement releaseSavepoint;
    private readonly SqliteStatement rollBackToSavepoint;
    private readonly SqliteAppender notifications;
    private readonly SqliteEventAppender events;
    private readonly Dictionary<string, SqliteInsert> inserts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteCommand> queries = new(StringComparer.Ordinal);

    public SqliteSession(SqliteDatabase database, DeduplicationWindow window)
    {
        this.database = database;
        connection = database.OpenWriter();
        try
        {
            begin = new SqliteStatement(connection, "begin immediate");
            commit = new SqliteStatement(connection, "commit");
            setSavepoint = new SqliteStatement(connection, "savepoint request");
            releaseSavepoint = new SqliteStatement(connection, "release request");
            rollBackToSavepoint = new SqliteStatement(connection, "rollback to request");
            notifications = new SqliteAppender(connection, database, window);
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

    /// <inheritdoc cref="SqliteAppender.Follow"/>
    public void FollowNotifications() => notifications.Follow();

    public void Append(List<NotificationAppend> batch, List<AppendOutcome> outcomes) =>
        notifications.Append(batch, outcomes);

    public IReadOnlyList<long> Append(IReadOnlyList<NewEvent> entries) => events.Append(entries);

    public void Insert(string name, IReadOnlyList<object?[]> rows)
    {
        if (!inserts.TryGetValue(name, out var insert))
        {
            inserts[name] = insert = new SqliteInsert(connection, database.Sql(name));
        }

        if (rows.Any(row => row.Length != insert.Columns))
        {
            throw new ArgumentException($"{name} has {insert.Columns} parameters for each row.", nameof(rows));
        }

        insert.Run(rows, BindValues);
    }

    public IReadOnlyList<T> Query<T>(string name, IEnumerable<(string Name, object Value)> parameters)
    {
        if (!queries.TryGetValue(name, out var query))
        {
            queries[name] = query = new SqliteCommand(database.Sql(name), connection);
        }

        query.Parameters.Clear();
        foreach (var (parameter, value) in parameters)
        {
            query.Parameters.AddWithValue(parameter, value);
        }

        using var rows = query.ExecuteReader();
        return [.. rows.Parse<T>()];
    }

    /// <summary>Runs a request behind a savepoint, so that a failure rolls back only the request; returns the failure.</summary>
    public Exception? TryRun(WriteRequest request)
    {
        setSavepoint.Run();
        try
        {
            request.Run(new WriteTransaction(database, connection));
            releaseSavepoint.Run();
            return null;
        }
        // After some errors, such as a full disk, SQLite rolls back the whole transaction: then the round has failed.
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
        notifications.Dispose();
        events.Dispose();
        foreach (var insert in inserts.Values)
        {
            insert.Dispose();
        }

        foreach (var query in queries.Values)
        {
            query.Dispose();
        }

        connection.Dispose();
    }

    private static void BindValues(SqliteStatement statement, int first, object?[] values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            statement.Bind(first + index, values[index]);
        }
    }
}
