using System.Data.Common;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// A database of SQL Server or Azure SQL, which several replicas share. Every transaction of a stage runs under snapshot isolation: it waits for no
/// reader, and what it has decided on the ground of rows that another one changed meanwhile is refused and done again.
/// </summary>
internal sealed class SqlServerDatabase : Database
{
    private static readonly TimeSpan[] ReaderPauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)];

    private const int ImportChunk = 2_000;

    private const int SecondsToConnect = 5;
    private const int SecondsToAnswer = 5;

    private readonly StorageOptions options;
    private readonly TimeProvider time;
    private readonly string writer;
    private readonly string reader;
    private readonly string upkeep;
    private readonly SqlServerWriter lane;
    private readonly SqlServerNotificationWriter posts;
    private readonly SchemaMigrator migrator;

    /// <param name="migrations">Other files than this version's own.</param>
    public SqlServerDatabase(
        StorageOptions options,
        TimeProvider time,
        SqlFiles? migrations = null,
        StorageMetrics? metrics = null
    )
        : base("SqlServer")
    {
        migrator = new SchemaMigrator(this, migrations);
        this.options = options;
        this.time = time;
        var builder = Settings(options.ConnectionString);
        Place = $"{builder.DataSource}/{builder.InitialCatalog}";
        // The lanes keep their connections for themselves, and look after them.
        writer = Named(
            builder,
            "NotificationHub",
            pooling: false,
            (int)Math.Ceiling(Patience.TotalSeconds) + SecondsToAnswer
        );
        reader = Named(builder, "NotificationHub reader", pooling: true, builder.CommandTimeout);
        // The schema of many rows, or all of them: it takes what it takes.
        upkeep = Named(builder, "NotificationHub upkeep", pooling: false, commandTimeout: 0);
        lane = new SqlServerWriter(this, metrics, time);
        posts = new SqlServerNotificationWriter(this, metrics, time);
        metrics?.ObserveQueue(() => (posts.Waiting, lane.Waiting));
    }

    public override string Place { get; }

    /// <summary>True: the hub makes tables, and no database.</summary>
    public override bool Exists => true;

    public override void NoteTime(long milliseconds) => (time as DatabaseTime)?.Note(milliseconds);

    /// <summary>How long a statement waits for a lock, and for its answer.</summary>
    public TimeSpan Patience => options.BusyTimeout;

    public override Task OpenAsync(CancellationToken cancellationToken) => OpenAsync(ApplyAsync, cancellationToken);

    public override async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyAsync(cancellationToken);
        }
        catch (Exception exception) when (SqlServerOpenError.IsOne(exception))
        {
            throw SqlServerOpenError.Of(Place, exception);
        }
    }

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        OpenAsync(VerifyAsync, cancellationToken);

    public override async Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var connection = new SqlConnection(reader);
            try
            {
                await connection.OpenAsync(cancellationToken);
                // A reader waits for no writer, and sees a log without holes.
                await connection.ExecuteAsync("set transaction isolation level snapshot");
                return connection;
            }
            catch (Exception exception) when (SqlServerErrorCodes.IsPassing(exception) && attempt < ReaderPauses.Length)
            {
                await connection.DisposeAsync();
                await Task.Delay(ReaderPauses[attempt], time, cancellationToken);
            }
            catch (Exception exception)
            {
                await connection.DisposeAsync();
                throw exception is SqlException || SqlServerErrorCodes.IsPassing(exception)
                    ? new StorageUnavailableException(
                        $"SQL Server cannot be read: {SqlServerErrorCodes.Describe(exception)}",
                        exception
                    )
                    : exception;
            }
        }
    }

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        lane.WriteAsync(work, cancellationToken);

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => posts.AppendAsync(append);

    public override bool IsDuplicateKey(Exception exception) =>
        SqlServerErrorCodes.IsDuplicateKey(
            exception is StorageUnavailableException { InnerException: { } refused } ? refused : exception
        );

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    ) =>
        events.Count == 0
            ? Task.FromResult<IReadOnlyList<long>>([])
            : transaction.QueryAsync<long>(Sql("AppendEvents"), EventBatch.Of(events, Patience));

    public override async Task AdvanceSequencesAsync(
        long notifications,
        long events,
        CancellationToken cancellationToken
    )
    {
        // Not in a transaction of the lane: what it does is no change of rows, which is what snapshots are of.
        await using var connection = await OpenAsync(upkeep, cancellationToken);
        await connection.ExecuteAsync(Sql("RaiseSeqs"), new { Notifications = notifications, Events = events });
    }

    public override async Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await OpenAsync(upkeep, cancellationToken);
        using var copy = new SqlBulkCopy(
            connection,
            SqlBulkCopyOptions.KeepIdentity | SqlBulkCopyOptions.UseInternalTransaction,
            null
        )
        {
            DestinationTableName = table,
            BatchSize = ImportChunk,
            BulkCopyTimeout = 0,
            EnableStreaming = true,
        };
        foreach (var column in columns)
        {
            copy.ColumnMappings.Add(column, column);
        }

        await copy.WriteToServerAsync(rows, cancellationToken);
        return copy.RowsCopied64;
    }

    /// <summary>A connection of a lane; the lane closes it.</summary>
    public Task<SqlConnection> OpenWriterAsync(CancellationToken cancellationToken) =>
        OpenAsync(writer, cancellationToken);

    private static async Task<SqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new SqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        posts.Dispose();
        await lane.DisposeAsync();
        await using var pool = new SqlConnection(reader);
        SqlConnection.ClearPool(pool);
    }

    /// <summary>The configured connection string, with a short connect timeout as the default.</summary>
    internal static SqlConnectionStringBuilder Settings(string connectionString)
    {
        var builder = new SqlConnectionStringBuilder(connectionString);
        var isGiven = builder.ShouldSerialize("Connect Timeout");
        // With Entra authentication, the driver's default of 15 seconds applies, because it includes the request for a token.
        if (!isGiven && !EntraProvider.IsEntra(builder.Authentication))
        {
            builder.ConnectTimeout = SecondsToConnect;
        }

        return builder;
    }

    /// <summary>The connection string of one purpose.</summary>
    internal static string Named(
        SqlConnectionStringBuilder builder,
        string application,
        bool pooling,
        int commandTimeout
    ) =>
        new SqlConnectionStringBuilder(builder.ConnectionString)
        {
            ApplicationName = application,
            CommandTimeout = commandTimeout,
            Pooling = pooling,
            MultipleActiveResultSets = false,
            // A connection that was put up again on the quiet has lost its transaction.
            ConnectRetryCount = 0,
            Enlist = false,
            // After an outage, the pool would repeat the last error for up to a minute.
            PoolBlockingPeriod = PoolBlockingPeriod.NeverBlock,
        }.ConnectionString;

    private async Task OpenAsync(Func<CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        try
        {
            await prepare(cancellationToken);
            await using var connection = await OpenAsync(upkeep, cancellationToken);
            await SqlServerSchema.AllowSnapshotsAsync(connection, time, cancellationToken);
        }
        catch (Exception exception) when (SqlServerOpenError.IsOne(exception))
        {
            throw SqlServerOpenError.Of(Place, exception);
        }

        lane.Open();
        posts.Start();
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenWriterAsync(cancellationToken);
        await migrator.VerifyAsync(connection);
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(upkeep, cancellationToken);
        return await SqlServerSchema.MigrateAsync(this, migrator, connection);
    }
}
