using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>Ends a simulated process. No stage may catch it.</summary>
internal sealed class KilledException() : OperationCanceledException("The hub was killed.");

/// <summary>
/// A database on virtual time that kills its process at a chosen write, just before or just after the commit, or pauses it before a write.
/// </summary>
internal sealed class KillableDatabase(StorageOptions options, TimeProvider time) : VirtualDatabase(options, time)
{
    private int writesUntilKill = int.MaxValue;
    private bool killsAfterCommit;
    private int writesUntilPause = int.MaxValue;
    private Func<Task>? duringPause;

    /// <summary>Kills the process at its n-th write from now, after or before the commit.</summary>
    public void KillAt(int write, bool committed)
    {
        writesUntilKill = write;
        killsAfterCommit = committed;
    }

    /// <summary>Pauses the process before its n-th write from now until <paramref name="other"/> has completed.</summary>
    public void PauseAt(int write, Func<Task> other)
    {
        writesUntilPause = write;
        duringPause = other;
    }

    public void CancelFailures()
    {
        writesUntilKill = int.MaxValue;
        duringPause = null;
    }

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (duringPause is { } other && --writesUntilPause <= 0)
        {
            duringPause = null;
            await other();
        }

        var kills = --writesUntilKill <= 0;
        var result = await base.WriteAsync(
            async transaction =>
            {
                var done = await work(transaction);
                return kills && !killsAfterCommit ? throw new KilledException() : done;
            },
            cancellationToken
        );
        return kills ? throw new KilledException() : result;
    }
}
