using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>Runs erasures one at a time across all replicas and commands. A request is stored first, so that the hub finishes an interrupted one.</summary>
internal sealed partial class ErasureService(
    Database database,
    ErasureRun erasure,
    LeaseKeeper leases,
    WriteThrottle throttle,
    TimeProvider time,
    ILogger<ErasureService> logger
) : IDisposable
{
    private const string LeaseName = "erasure";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    // The lease does not separate callers in one process.
    private readonly SemaphoreSlim mutex = new(1);

    public void Dispose() => mutex.Dispose();

    /// <summary>Counts what an erasure would change now.</summary>
    public async Task<ErasureResult> PreviewAsync(ErasureRequest request, CancellationToken cancellationToken)
    {
        await EnsureLocationAsync(request, cancellationToken);
        var row = new ErasureRow
        {
            Kind = request.Kind,
            Subject = request.Subject,
            LocationId = request.LocationId,
        };
        await erasure.RunAsync(new ErasureState(database, row, lease: null, throttle, time), cancellationToken);
        return new ErasureResult(AuditSeq: null, IsDone: true, row.Counts);
    }

    public async Task<ErasureResult> EraseAsync(
        ErasureRequest request,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        await EnsureLocationAsync(request, cancellationToken);
        var auditSeq = await database.WriteAsync(
            transaction => ErasureStore.BeginAsync(transaction, request, actor),
            cancellationToken
        );
        return await ContinueAsync(auditSeq, cancellationToken);
    }

    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await database.ReadAsync(ErasureStore.ListAsync, cancellationToken))
        {
            await ContinueAsync(row.AuditSeq, cancellationToken);
        }
    }

    private async Task<ErasureResult> ContinueAsync(long auditSeq, CancellationToken cancellationToken)
    {
        await mutex.WaitAsync(cancellationToken);
        try
        {
            while (
                await database.ReadAsync(connection => ErasureStore.FindAsync(connection, auditSeq), cancellationToken)
                    is { } row
            )
            {
                if (await TryRunAsync(row, cancellationToken))
                {
                    Log.Done(logger, auditSeq);
                    return new ErasureResult(auditSeq, IsDone: true, row.Counts);
                }

                await Task.Delay(PollInterval, time, cancellationToken);
            }

            return new ErasureResult(auditSeq, IsDone: true, Counts: null);
        }
        catch (Exception error) when (error is StorageUnavailableException or RoutingBehindException)
        {
            Log.Postponed(logger, auditSeq, error.Message);
            return new ErasureResult(auditSeq, IsDone: false, Counts: null);
        }
        finally
        {
            mutex.Release();
        }
    }

    /// <returns>False if another process runs erasures.</returns>
    private async Task<bool> TryRunAsync(ErasureRow row, CancellationToken cancellationToken)
    {
        if (await leases.TryAcquireAsync(LeaseName, cancellationToken) is not { } lease)
        {
            return false;
        }

        using var owned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            await erasure.RunAsync(new ErasureState(database, row, lease, throttle, time), owned.Token);
            return true;
        }
        catch (Exception error)
            when (error is LeaseLostException or OperationCanceledException && lease.Lost.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
    }

    private async Task EnsureLocationAsync(ErasureRequest request, CancellationToken cancellationToken)
    {
        if (request.LocationId is { } id && await LocationStore.FindAsync(database, id, cancellationToken) is null)
        {
            throw LocationException.NotFound(id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Completed the erasure that audit entry {AuditSeq} requested.")]
        public static partial void Done(ILogger logger, long auditSeq);

        [LoggerMessage(
            LogLevel.Warning,
            "Could not continue the erasure that audit entry {AuditSeq} requested ({Error}); will retry."
        )]
        public static partial void Postponed(ILogger logger, long auditSeq, string error);
    }
}
