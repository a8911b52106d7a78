using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Storage;

/// <summary>The database of one test, deleted when the test ends; SQLite by default.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly TestStore store;
    private readonly List<Database> others = [];
    private readonly Database inner;

    private TestDatabase(
        TemporaryFolder folder,
        TestStore store,
        Action<StorageOptions>? configure,
        Func<Database, Database>? wrap
    )
    {
        this.folder = folder;
        this.store = store;
        Options = store.Options;
        configure?.Invoke(Options);
        inner = StorageSetup.Create(Options, TimeProvider.System, Meters);
        Database = wrap?.Invoke(inner) ?? inner;
    }

    public StorageOptions Options { get; }

    public TestMeters Meters { get; } = new();

    public Database Database { get; }

    /// <summary>The SQLite database.</summary>
    public SqliteDatabase Sqlite => (SqliteDatabase)inner;

    public string File => Sqlite.File;

    /// <param name="wrap">Wraps the database.</param>
    public static Task<TestDatabase> OpenAsync(
        Action<StorageOptions>? configure = null,
        Func<Database, Database>? wrap = null
    )
    {
        var folder = new TemporaryFolder();
        return OpenAsync(folder, TestStore.OnSqlite(folder.File("test.db")), configure, wrap);
    }

    /// <summary>Skips the test if there is no SQL Server.</summary>
    public static Task<TestDatabase> OpenOnSqlServerAsync(Action<StorageOptions>? configure = null)
    {
        if (TestServer.SkipReason is { } reason)
        {
            Assert.Skip(reason);
        }

        return OpenAsync(new TemporaryFolder(), TestStore.OnSqlServer(), configure, wrap: null);
    }

    /// <summary>The same database, opened as if by another process.</summary>
    public async Task<Database> OpenAnotherAsync(Action<StorageOptions>? configure = null)
    {
        var options = store.Options;
        options.LockTimeout = Options.LockTimeout;
        configure?.Invoke(options);
        var other = StorageSetup.Create(options, TimeProvider.System);
        others.Add(other);
        await other.OpenAsync(CancellationToken.None);
        return other;
    }

    /// <summary>The leases of one replica.</summary>
    public LeaseKeeper CreateLeases(TimeProvider? clock = null) =>
        new(
            Database,
            Microsoft.Extensions.Options.Options.Create(Options),
            clock ?? TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );

    public async Task<T?> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        Database.WriteAsync(transaction => transaction.ExecuteAsync(sql, parameters), CancellationToken.None);

    /// <summary>Queues the notifications while a stage transaction runs, so that they become one batch.</summary>
    public async Task<IReadOnlyList<Task<AppendOutcome>>> AppendBatchAsync(
        params IEnumerable<NotificationAppend> notifications
    )
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = new TaskCompletionSource();
        var stage = Database.WriteAsync(
            async _ =>
            {
                started.SetResult();
                await queued.Task;
            },
            CancellationToken.None
        );
        await started.Task;
        List<Task<AppendOutcome>> appends;
        try
        {
            appends = [.. notifications.Select(Database.AppendAsync)];
        }
        finally
        {
            queued.SetResult();
        }

        await stage;
        return appends;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }

        await inner.DisposeAsync();
        Meters.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    private static async Task<TestDatabase> OpenAsync(
        TemporaryFolder folder,
        TestStore store,
        Action<StorageOptions>? configure,
        Func<Database, Database>? wrap
    )
    {
        var test = new TestDatabase(folder, store, configure, wrap);
        try
        {
            await test.Database.OpenAsync(CancellationToken.None);
            return test;
        }
        catch
        {
            await test.DisposeAsync();
            throw;
        }
    }
}
