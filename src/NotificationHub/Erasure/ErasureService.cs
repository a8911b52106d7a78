using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>
/// Where purges are asked for and gone on with: one at a time, of all replicas and commands. What was asked for is written down first, so that one
/// that is cut off is finished by the hub.
/// </summary>
internal sealed partial class ErasureService(
    Database database,
    ErasureRun erasure,
    LeaseKeeper leases,
    WriteThrottle pace,
    TimeProvider time,
    ILogger<ErasureService> logger
) : IDisposable
{
    private const string LeaseName = "erasure";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    // The lease does not keep apart those of one process.
    private readonly SemaphoreSlim turn = new(1);

    public void Dispose() => turn.Dispose();

    /// <summary>Counts what a purge would find now, and changes nothing.</summary>
    /// <exception cref="LocationException">There is no such location.</exception>
    public async Task<ErasureResult> PreviewAsync(ErasureRequest request, CancellationToken cancellationToken)
    {
        await EnsureLocationAsync(request, cancellationToken);
        var row = new ErasureRow
        {
            Kind = request.Kind,
            Subject = request.Subject,
            LocationId = request.LocationId,
        };
        await erasure.RunAsync(new ErasureState(database, row, lease: null, pace, time), cancellationToken);
        return new ErasureResult(AuditSeq: null, IsDone: true, row.Counts);
    }

    /// <exception cref="LocationException">There is no such location.</exception>
    /// <exception cref="StorageUnavailableException">Nothing was begun.</exception>
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
        return await GoOnAsync(auditSeq, cancellationToken);
    }

    /// <summary>Goes on with what was cut off.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await ListAsync(cancellationToken))
        {
            await GoOnAsync(row.AuditSeq, cancellationToken);
        }
    }

    private async Task<ErasureResult> GoOnAsync(long auditSeq, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            while (await FindAsync(auditSeq, cancellationToken) is { } row)
            {
                if (await TryRunAsync(row, cancellationToken))
                {
                    Log.Done(logger, auditSeq);
                    return new ErasureResult(auditSeq, IsDone: true, row.Counts);
                }

                await Task.Delay(Poll, time, cancellationToken);
            }

            return new ErasureResult(auditSeq, IsDone: true, Counts: null);
        }
        catch (Exception fault) when (fault is StorageUnavailableException or RoutingBehindException)
        {
            Log.Postponed(logger, auditSeq, fault.Message);
            return new ErasureResult(auditSeq, IsDone: false, Counts: null);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <returns>False where another process is at it.</returns>
    private async Task<bool> TryRunAsync(ErasureRow row, CancellationToken cancellationToken)
    {
        if (await leases.TryAcquireAsync(LeaseName, cancellationToken) is not { } lease)
        {
            return false;
        }

        using var owned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            await erasure.RunAsync(new ErasureState(database, row, lease, pace, time), owned.Token);
            return true;
        }
        catch (Exception fault)
            when (fault is LeaseLostException or OperationCanceledException && lease.Lost.IsCancellationRequested)
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
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (request.LocationId is { } id && await LocationStore.FindAsync(connection, id) is null)
        {
            throw LocationException.NotFound(id);
        }
    }

    private async Task<IReadOnlyList<ErasureRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await ErasureStore.ListAsync(connection);
    }

    private async Task<ErasureRow?> FindAsync(long auditSeq, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await ErasureStore.FindAsync(connection, auditSeq);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The purge of audit entry {AuditSeq} has come to its end.")]
        public static partial void Done(ILogger logger, long auditSeq);

        [LoggerMessage(
            LogLevel.Warning,
            "The purge of audit entry {AuditSeq} could not go on ({Fault}); the hub tries again."
        )]
        public static partial void Postponed(ILogger logger, long auditSeq, string fault);
    }
}
