using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>A short write transaction, in which a stage commits both its output and its cursor.</summary>
/// <param name="transaction">Null if a statement started the transaction.</param>
internal sealed class WriteTransaction(Database database, DbConnection connection, DbTransaction? transaction = null)
{
    private List<Signal>? signals;
    private List<Action>? actions;
    private List<(IReadOnlyCollection<NewEvent> Events, Func<IReadOnlyList<long>, Task>? Then)>? appends;

    /// <summary>The connection, whose queries are part of the transaction.</summary>
    public DbConnection Connection => connection;

    public Signals Signals => database.Signals;

    public string Sql(string name) => database.Sql(name);

    public Task<int> ExecuteAsync(string sql, object? parameters = null) =>
        connection.ExecuteAsync(sql, parameters, transaction);

    /// <summary>Executes a statement with the members of a row and of other values, which take precedence, as parameters.</summary>
    // The names of both must not differ only in case: SQL Server would reject the statement.
    public Task<int> ExecuteAsync(string sql, object row, object values)
    {
        var parameters = new DynamicParameters(row);
        parameters.AddDynamicParams(values);
        return ExecuteAsync(sql, parameters);
    }

    public Task<int> ExecuteAsync(string sql, object parameters, TimeSpan timeout) =>
        connection.ExecuteAsync(sql, parameters, transaction, (int)Math.Max(1, timeout.TotalSeconds));

    /// <summary>
    /// Executes an insert of the engine, with each row's values as parameters by position. On SQLite the statement is prepared; on SQL
    /// Server, one statement reads all rows as JSON.
    /// </summary>
    public Task InsertRowsAsync(string name, IReadOnlyList<object?[]> rows) =>
        database.InsertRowsAsync(this, name, rows);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) =>
        connection.ExecuteScalarAsync<T>(sql, parameters, transaction);

    public Task<T?> FirstOrDefaultAsync<T>(string sql, object? parameters = null) =>
        connection.QueryFirstOrDefaultAsync<T>(sql, parameters, transaction);

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(sql, parameters, transaction)).AsList();

    /// <summary>Reads the database's clock, which decides the expiry of leases.</summary>
    public async Task<DateTimeOffset> NowAsync()
    {
        var now = await ScalarAsync<DateTimeOffset>(database.Sql("Now"));
        database.RecordServerTime(now);
        return now;
    }

    /// <summary>Runs a statement of the engine and returns its rows. SQLite prepares it once: that costs more than reading a few rows.</summary>
    public Task<IReadOnlyList<T>> QueryNamedAsync<T>(string name, params (string Name, object Value)[] parameters) =>
        database.QueryNamedAsync<T>(this, name, parameters);

    /// <summary>Makes all processes forget the rows that they have in memory, because rows of a log are changed or deleted.</summary>
    public Task RecordLogChangeAsync() => database.RecordLogChangeAsync(this);

    /// <summary>
    /// Appends <paramref name="events"/> in order, after all other writes of the transaction: the event log's lock is the last lock that a
    /// transaction takes, so its owner never waits for a row.
    /// </summary>
    /// <param name="then">
    /// Receives the <c>seq</c> of each event. It runs under the lock of the log, so it may write only new rows, and rows that the transaction
    /// has already written: waiting for another transaction's row would deadlock.
    /// </param>
    public void AppendEvents(IReadOnlyCollection<NewEvent> events, Func<IReadOnlyList<long>, Task>? then = null)
    {
        if (events.Count > 0)
        {
            (appends ??= []).Add((events, then));
            OnCommit(Signals.EventsAppended);
        }
    }

    /// <summary>Writes the events of <see cref="AppendEvents"/>. The writer calls this before the commit.</summary>
    public async Task WriteEventsAsync()
    {
        while (appends is { } due)
        {
            appends = null;
            var seqs = await database.AppendEventsAsync(this, [.. due.SelectMany(append => append.Events)]);
            var start = 0;
            foreach (var (events, then) in due)
            {
                if (then is not null)
                {
                    await then([.. seqs.Skip(start).Take(events.Count)]);
                }

                start += events.Count;
            }
        }
    }

    /// <summary>Raises the signal after the commit.</summary>
    public void OnCommit(Signal signal)
    {
        signals ??= [];
        if (!signals.Contains(signal))
        {
            signals.Add(signal);
        }
    }

    /// <summary>Runs the action after the commit, so that a retried transaction counts or logs once. The writer waits for the action.</summary>
    public void OnCommit(Action action) => (actions ??= []).Add(action);

    public void RunAfterCommit()
    {
        // First the actions: a publisher that a signal wakes finds its events in memory.
        actions?.ForEach(AfterCommit.Run);
        signals?.ForEach(signal => AfterCommit.Run(() => signal.Raise()));
    }
}

internal static class AfterCommit
{
    /// <summary>Runs the action and ignores its exceptions: a metrics listener, for example, may throw.</summary>
    public static void Run(Action action)
    {
        try
        {
            action();
        }
        // The transaction is committed: an exception would make the caller repeat it.
        catch (Exception)
        {
            // Only a measurement, a log line or rows in memory are lost; stages then read the database.
        }
    }
}
