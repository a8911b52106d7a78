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

    private readonly StorageOptions options;
    private readonly TimeProvider time;
    private readonly string writer;
    private readonly string reader;
    private readonly SqlServerWriteLane lane;
    private readonly SqlServerPostLane posts;

    public SqlServerDatabase(StorageOptions options, TimeProvider time)
        : base("SqlServer")
    {
        this.options = options;
        this.time = time;
        var builder = new SqlConnectionStringBuilder(options.ConnectionString);
        Place = $"{builder.DataSource}/{builder.InitialCatalog}";
        // The lanes keep their connections for themselves, and look after them.
        writer = Named(builder, "NotificationHub", pooling: false);
        reader = Named(builder, "NotificationHub reader", pooling: true);
        lane = new SqlServerWriteLane(this, time);
        posts = new SqlServerPostLane(this, time);
    }

    public override string Place { get; }

    /// <summary>True: the hub makes tables, and no database.</summary>
    public override bool Exists => true;

    /// <summary>How long a statement waits for a lock, and for its answer.</summary>
    public TimeSpan Patience => options.BusyTimeout;

    public override Task OpenAsync(CancellationToken cancellationToken) => OpenAsync(MigrateAsync, cancellationToken);

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
            catch (Exception exception) when (SqlServerFaults.IsPassing(exception) && attempt < ReaderPauses.Length)
            {
                await connection.DisposeAsync();
                await Task.Delay(ReaderPauses[attempt], time, cancellationToken);
            }
            catch (Exception exception)
            {
                await connection.DisposeAsync();
                throw exception is SqlException
                    ? new StorageUnavailableException($"SQL Server cannot be read: {exception.Message}", exception)
                    : exception;
            }
        }
    }

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        lane.WriteAsync(work, cancellationToken);

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => posts.AppendAsync(append);

    public override bool IsDuplicateKey(Exception exception) => SqlServerFaults.IsDuplicateKey(exception);

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    ) =>
        events.Count == 0
            ? Task.FromResult<IReadOnlyList<long>>([])
            : transaction.QueryAsync<long>(Sql("AppendEvents"), EventBatch.Of(events, Patience));

    /// <summary>A connection of a lane; the lane closes it.</summary>
    public async Task<SqlConnection> OpenWriterAsync(CancellationToken cancellationToken)
    {
        var connection = new SqlConnection(writer);
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

    private static string Named(SqlConnectionStringBuilder builder, string application, bool pooling) =>
        new SqlConnectionStringBuilder(builder.ConnectionString)
        {
            ApplicationName = application,
            Pooling = pooling,
            MultipleActiveResultSets = false,
            // A connection that was put up again on the quiet has lost its transaction.
            ConnectRetryCount = 0,
            Enlist = false,
        }.ConnectionString;

    private async Task OpenAsync(Func<CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        try
        {
            await prepare(cancellationToken);
            await using var connection = await OpenWriterAsync(cancellationToken);
            await SqlServerSchema.AllowSnapshotsAsync(connection);
        }
        catch (Exception exception) when (SqlServerOpenFault.IsOne(exception))
        {
            throw SqlServerOpenFault.Of(Place, exception);
        }

        lane.Open();
        posts.Start();
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenWriterAsync(cancellationToken);
        await new SchemaMigrator(this).VerifyAsync(connection);
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenWriterAsync(cancellationToken);
        await SqlServerSchema.MigrateAsync(this, connection);
    }
}
