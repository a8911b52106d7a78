using NotificationHub.Storage;

namespace NotificationHub.Tests.Erasure;

internal sealed class DiedException : Exception;

/// <summary>Simulates a process that crashes at its n-th transaction, before or after the commit.</summary>
internal sealed class CrashingDatabase(Database alive, int diesAt, bool committed) : DelegatingDatabase(alive)
{
    private int writes;

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        writes++;
        if (writes > diesAt || (writes == diesAt && !committed))
        {
            throw new DiedException();
        }

        var result = await base.WriteAsync(work, cancellationToken);
        return writes == diesAt ? throw new DiedException() : result;
    }
}
