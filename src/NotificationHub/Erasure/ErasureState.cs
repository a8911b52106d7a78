using System.Text.Json;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>A purge that is under way, in this process; or its rehearsal, which writes nothing.</summary>
/// <param name="row">How far it is.</param>
/// <param name="lease">Null for a rehearsal.</param>
internal sealed class ErasureState(
    Database database,
    ErasureRow row,
    Lease? lease,
    WriteThrottle pace,
    TimeProvider time
)
{
    public ErasureRow Row => row;

    public PersonalIdentifiers Identifiers { get; } = row.ReadIdentifiers();

    public bool IsRehearsal => lease is null;

    /// <summary>Changes something and notes how far it has come, in one short transaction; then rests.</summary>
    /// <param name="work">The changes; not called in a rehearsal.</param>
    /// <param name="progress">Notes on the row what is done with it.</param>
    /// <param name="cancellationToken">Ends it before the transaction.</param>
    public async Task StepAsync(
        Func<WriteTransaction, Task> work,
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
                await work(transaction);
                await ErasureStore.SaveAsync(transaction, row);
            },
            cancellationToken
        );
        await pace.RestAsync(started, cancellationToken);
    }

    public Task EnterAsync(string phase, CancellationToken cancellationToken) =>
        StepAsync(_ => Task.CompletedTask, row => row.Enter(phase), cancellationToken);

    public Task EndAsync(CancellationToken cancellationToken) =>
        lease is null
            ? Task.CompletedTask
            : database.WriteAsync(
                async transaction =>
                {
                    await lease.EnsureAsync(transaction);
                    await ErasureStore.EndAsync(transaction, row);
                },
                cancellationToken
            );
}
