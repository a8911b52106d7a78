using NotificationHub.Storage;

namespace NotificationHub.Tests.Erasure;

internal sealed class CrashException : Exception;

/// <summary>Simulates a process that crashes at its n-th transaction, before or after the commit.</summary>
internal sealed class CrashingDatabase(Database inner, int crashesAt, bool committed) : DelegatingDatabase(inner)
{
    private int writes;

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        writes++;
        if (writes > crashesAt || (writes == crashesAt && !committed))
        {
            throw new CrashException();
        }

        var result = await base.WriteAsync(work, cancellationToken);
        return writes == crashesAt ? throw new CrashException() : result;
    }
}
