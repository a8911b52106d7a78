using System.Data.Common;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// A database of SQL Server or Azure SQL, shared by replicas. Stage transactions use snapshot isolation: they do not wait for
/// readers, and are rejected and retried if another transaction changed a row that they write.
/// </summary>
internal sealed class SqlServerDatabase : Database
{
    private static readonly TimeSpan[] ReaderPauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)];

    private const int ImportChunk = 2_000;

    private const int ConnectSeconds = 5;
    private const int ResponseSeconds = 5;

    private readonly StorageOptions options;
    private readonly TimeProvider time;
    private readonly string writerConnection;
    private readonly string readerConnection;
    private readonly string maintenanceConnection;
    private readonly SqlServerWriter writer;
    private readonly SqlServerNotificationWriter notificationWriter;
    private readonly SchemaMigrator migrator;

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
        DisplayName = $"{builder.DataSource}/{builder.InitialCatalog}";
        // The writers manage their connections themselves.
        writerConnection = ConnectionString(
            builder,
            "NotificationHub",
            pooling: false,
            (int)Math.Ceiling(LockTimeout.TotalSeconds) + ResponseSeconds
        );
        readerConnection = ConnectionString(builder, "NotificationHub reader", pooling: true, builder.CommandTimeout);
        // Without a timeout: a migration or import of many rows takes long.
        maintenanceConnection = ConnectionString(
            builder,
            "NotificationHub maintenance",
            pooling: false,
            commandTimeout: 0
        );
        writer = new SqlServerWriter(this, metrics, time);
        notificationWriter = new SqlServerNotificationWriter(this, metrics, time);
        metrics?.ObserveQueue(() => (notificationWriter.QueueLength, writer.QueueLength));
    }

    public override string DisplayName { get; }

    /// <summary>True: the hub creates tables, but no database.</summary>
    public override bool Exists => true;

    public override void RecordServerTime(DateTimeOffset now) => (time as DatabaseTime)?.Record(now);

    public TimeSpan LockTimeout => options.LockTimeout;

    public override Task OpenAsync(CancellationToken cancellationToken) => OpenAsync(ApplyAsync, cancellationToken);

    public override async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyAsync(cancellationToken);
        }
        catch (Exception exception) when (SqlServerOpenError.IsOne(exception))
        {
            throw SqlServerOpenError.Create(DisplayName, exception);
        }
    }

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        OpenAsync(VerifyAsync, cancellationToken);

    public override async Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var connection = new SqlConnection(readerConnection);
            try
            {
                await connection.OpenAsync(cancellationToken);
                // A reader does not wait for a writer, and reads a log without gaps.
                await connection.ExecuteAsync("set transaction isolation level snapshot");
                return connection;
            }
            catch (Exception exception)
                when (SqlServerErrorCodes.IsTransient(exception) && attempt < ReaderPauses.Length)
            {
                await connection.DisposeAsync();
                await Task.Delay(ReaderPauses[attempt], time, cancellationToken);
            }
            catch (Exception exception)
            {
                await connection.DisposeAsync();
                throw exception is SqlException || SqlServerErrorCodes.IsTransient(exception)
                    ? new StorageUnavailableException(
                        $"Could not read from SQL Server: {SqlServerErrorCodes.Describe(exception)}",
                        exception
                    )
                    : exception;
            }
        }
    }

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        writer.WriteAsync(work, cancellationToken);

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) =>
        notificationWriter.AppendAsync(append);

    public override bool IsDuplicateKey(Exception exception) =>
        SqlServerErrorCodes.IsDuplicateKey(
            exception is StorageUnavailableException { InnerException: { } refused } ? refused : exception
        );

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyList<NewEvent> events
    ) =>
        events.Count == 0
            ? Task.FromResult<IReadOnlyList<long>>([])
            : transaction.QueryAsync<long>(Sql("AppendEvents"), EventBatch.ToParameters(events, LockTimeout));

    public override async Task AdvanceSequencesAsync(
        long notifications,
        long events,
        CancellationToken cancellationToken
    )
    {
        // Not in a write transaction: snapshot isolation does not cover this statement.
        await using var connection = await OpenAsync(maintenanceConnection, cancellationToken);
        await connection.ExecuteAsync(Sql("AdvanceSequences"), new { Notifications = notifications, Events = events });
    }

    public override async Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await OpenAsync(maintenanceConnection, cancellationToken);
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

    public Task<SqlConnection> OpenWriterAsync(CancellationToken cancellationToken) =>
        OpenAsync(writerConnection, cancellationToken);

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
        notificationWriter.Dispose();
        await writer.DisposeAsync();
        await using var pool = new SqlConnection(readerConnection);
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
            builder.ConnectTimeout = ConnectSeconds;
        }

        return builder;
    }

    internal static string ConnectionString(
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
            // A silently restored connection has lost its transaction.
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
            await using var connection = await OpenAsync(maintenanceConnection, cancellationToken);
            await SqlServerSchema.AllowSnapshotsAsync(connection, time, cancellationToken);
        }
        catch (Exception exception) when (SqlServerOpenError.IsOne(exception))
        {
            throw SqlServerOpenError.Create(DisplayName, exception);
        }

        writer.Open();
        notificationWriter.Start();
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenWriterAsync(cancellationToken);
        await migrator.VerifyAsync(connection);
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(maintenanceConnection, cancellationToken);
        return await SqlServerSchema.MigrateAsync(this, migrator, connection);
    }
}
