using NotificationHub.Storage;

namespace NotificationHub.Tests.Erasure;

internal sealed class DiedException : Exception;

/// <summary>A process that dies at its n-th transaction, before or after it is committed.</summary>
internal sealed class DyingDatabase(Database alive, int diesAt, bool committed) : DelegatingDatabase(alive)
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
