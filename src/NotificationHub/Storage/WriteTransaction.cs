using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>
/// One short transaction in the write lane. A stage commits its output and its cursor in one of these, so that it can be
/// killed at any instruction and repeats at most its last uncommitted batch.
/// </summary>
/// <param name="database">The store.</param>
/// <param name="connection">The connection that holds the transaction.</param>
/// <param name="transaction">Null where the transaction was begun by a statement.</param>
internal sealed class WriteTransaction(Database database, DbConnection connection, DbTransaction? transaction = null)
{
    private List<Signal>? pulses;
    private List<Action>? acts;
    private List<(IReadOnlyCollection<NewEvent> Events, Func<IReadOnlyList<long>, Task>? Then)>? appends;

    public DbConnection Connection => connection;

    /// <summary>The signals that <see cref="OnCommit(Signal)"/> accepts.</summary>
    public Signals Signals => database.Signals;

    /// <summary>The statement of that name for this engine.</summary>
    public string Sql(string name) => database.Sql(name);

    public Task<int> ExecuteAsync(string sql, object? parameters = null) =>
        connection.ExecuteAsync(sql, parameters, transaction);

    /// <summary>Gives up a statement that waits for longer, for a row that another transaction keeps.</summary>
    public Task<int> ExecuteAsync(string sql, object parameters, TimeSpan patience) =>
        connection.ExecuteAsync(sql, parameters, transaction, (int)Math.Max(1, patience.TotalSeconds));

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) =>
        connection.ExecuteScalarAsync<T>(sql, parameters, transaction);

    public Task<T?> FirstOrDefaultAsync<T>(string sql, object? parameters = null) =>
        connection.QueryFirstOrDefaultAsync<T>(sql, parameters, transaction);

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(sql, parameters, transaction)).AsList();

    /// <summary>The database's clock in Unix milliseconds: the one that judges leases.</summary>
    public async Task<long> NowAsync()
    {
        var now = await ScalarAsync<long>(database.Sql("Now"));
        database.NoteTime(now);
        return now;
    }

    /// <summary>The database's time and the lease's expiry; an expiry of 0 if another owner or fencing token has it.</summary>
    public Task<(long Now, long ExpiresAt)> LeaseAsync(string name, string owner, long fencingToken) =>
        FirstOrDefaultAsync<(long, long)>(
            database.Sql("FindLease"),
            new
            {
                name,
                owner,
                fencingToken,
            }
        );

    /// <summary>
    /// Appends <paramref name="events"/> in order, after all other writes of the transaction: the event log's lock is the last lock that a
    /// transaction takes, so its owner never waits for a row.
    /// </summary>
    /// <param name="events">The events to append.</param>
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

    /// <summary>Raises <paramref name="pulse"/> once this transaction is committed.</summary>
    public void OnCommit(Signal pulse)
    {
        pulses ??= [];
        if (!pulses.Contains(pulse))
        {
            pulses.Add(pulse);
        }
    }

    /// <summary>Has something counted or logged once this transaction is committed: one that is undone and run again has told nothing.</summary>
    /// <param name="act">Must be quick: the writer waits for it.</param>
    public void OnCommit(Action act) => (acts ??= []).Add(act);

    public void RaisePulses()
    {
        pulses?.ForEach(pulse => AfterCommit.Run(() => pulse.Raise()));
        acts?.ForEach(AfterCommit.Run);
    }
}
