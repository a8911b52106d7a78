using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>The process ended here. No stage may catch it.</summary>
internal sealed class KilledException() : OperationCanceledException("The hub was killed.");

/// <summary>A database on virtual time, whose process dies at a chosen write: just before or just after the commit.</summary>
internal sealed class MortalDatabase(StorageOptions options, TimeProvider time) : VirtualDatabase(options, time)
{
    private int writesLeft = int.MaxValue;
    private bool diesCommitted;

    /// <summary>The process dies at its n-th write from now, once it is committed or without.</summary>
    public void KillAt(int write, bool committed)
    {
        writesLeft = write;
        diesCommitted = committed;
    }

    public void Spare() => writesLeft = int.MaxValue;

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        var dies = --writesLeft <= 0;
        var result = await base.WriteAsync(
            async transaction =>
            {
                var done = await work(transaction);
                return dies && !diesCommitted ? throw new KilledException() : done;
            },
            cancellationToken
        );
        return dies ? throw new KilledException() : result;
    }
}
