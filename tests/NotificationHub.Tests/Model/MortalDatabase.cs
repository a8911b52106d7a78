using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>The process ended here. No stage may catch it.</summary>
internal sealed class KilledException() : OperationCanceledException("The hub was killed.");

/// <summary>
/// A database on virtual time, whose process dies at a chosen write, just before or just after the commit, or is paused before one while
/// something else happens.
/// </summary>
internal sealed class MortalDatabase(StorageOptions options, TimeProvider time) : VirtualDatabase(options, time)
{
    private int writesUntilDeath = int.MaxValue;
    private bool diesCommitted;
    private int writesUntilPause = int.MaxValue;
    private Func<Task>? meanwhile;

    /// <summary>The process dies at its n-th write from now, once it is committed or without.</summary>
    public void KillAt(int write, bool committed)
    {
        writesUntilDeath = write;
        diesCommitted = committed;
    }

    /// <summary>The process pauses before its n-th write from now until the other action has finished.</summary>
    public void PauseAt(int write, Func<Task> other)
    {
        writesUntilPause = write;
        meanwhile = other;
    }

    public void Spare()
    {
        writesUntilDeath = int.MaxValue;
        meanwhile = null;
    }

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (meanwhile is { } other && --writesUntilPause <= 0)
        {
            meanwhile = null;
            await other();
        }

        var dies = --writesUntilDeath <= 0;
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
