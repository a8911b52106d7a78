using System.Text.Json;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>An erasure that this process runs, or a preview, which writes nothing.</summary>
/// <param name="lease">Null for a preview.</param>
internal sealed class ErasureState(
    Database database,
    ErasureRow row,
    Lease? lease,
    WriteThrottle throttle,
    TimeProvider time
)
{
    public ErasureRow Row => row;

    public PersonalIdentifiers Identifiers { get; } = row.ReadIdentifiers();

    public bool IsPreview => lease is null;

    /// <summary>Commits changes and the progress in one short transaction, then rests.</summary>
    public async Task StepAsync(
        Func<WriteTransaction, Task>? work,
        Action<ErasureRow> progress,
        CancellationToken cancellationToken
    )
    {
        progress(row);
        row.Identifiers = JsonSerializer.Serialize(Identifiers.Found);
        if (lease is null)
        {
            return;
        }

        var started = time.GetTimestamp();
        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await (work?.Invoke(transaction) ?? Task.CompletedTask);
                await ErasureStore.SaveAsync(transaction, row);
            },
            cancellationToken
        );
        await throttle.RestAsync(started, cancellationToken);
    }

    public Task EnterAsync(string phase, CancellationToken cancellationToken) =>
        // Stages that start in the new phase must read the rows that the last one has redacted.
        StepAsync(transaction => transaction.RecordLogChangeAsync(), row => row.Enter(phase), cancellationToken);

    public Task EndAsync(CancellationToken cancellationToken) =>
        lease is null
            ? Task.CompletedTask
            : database.WriteAsync(
                async transaction =>
                {
                    await lease.EnsureAsync(transaction);
                    await transaction.RecordLogChangeAsync();
                    await ErasureStore.EndAsync(transaction, row);
                },
                cancellationToken
            );
}
