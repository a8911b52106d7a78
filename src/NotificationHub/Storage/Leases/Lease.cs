namespace NotificationHub.Storage.Leases;

/// <summary>The lease was lost to another owner, or ran out: nothing of the transaction may be committed.</summary>
internal sealed class LeaseLostException(string name) : Exception($"The lease '{name}' is no longer held.");

/// <summary>Another transaction keeps the row of a lease for longer than its renewal may take.</summary>
internal sealed class LeaseHeldUpException(Exception inner) : Exception("The row of a lease is being held.", inner);

/// <summary>
/// The right to run a stage for a while. Its fencing token grows with each new owner, and every transaction checks it:
/// an owner that was paused and comes back commits nothing.
/// </summary>
internal sealed class Lease(string name, string owner, long fencingToken, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource lost = new();
    private long safeUntil;

    public string Name => name;

    public string Owner => owner;

    public long FencingToken => fencingToken;

    /// <summary>Cancelled when the lease is known to be lost or is given back.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Whether at least <paramref name="needed"/> is left, by this machine's clock on the safe side of the database's.</summary>
    public bool HasLeft(TimeSpan needed) =>
        !lost.IsCancellationRequested
        && time.GetTimestamp() + (needed.TotalSeconds * time.TimestampFrequency) < Interlocked.Read(ref safeUntil);

    /// <summary>Lets the transaction go on only while this lease is held, by the database's clock.</summary>
    /// <returns>That clock's time, in Unix milliseconds.</returns>
    /// <exception cref="LeaseLostException">It is not.</exception>
    public async Task<long> EnsureAsync(WriteTransaction transaction)
    {
        var (now, expiresAt) = await transaction.LeaseAsync(name, owner, fencingToken);
        if (expiresAt <= now)
        {
            MarkLost();
            throw new LeaseLostException(name);
        }

        return now;
    }

    /// <param name="requestedAt">The timestamp before the database was asked: its clock may be read any time after.</param>
    /// <param name="duration">For how long it was granted.</param>
    public void Extend(long requestedAt, TimeSpan duration) =>
        Interlocked.Exchange(ref safeUntil, requestedAt + (long)(duration.TotalSeconds * time.TimestampFrequency));

    // What is cancelled by it must not run on the caller's thread: that may be the write lane's.
    public void MarkLost() => _ = lost.CancelAsync();

    public void Dispose() => lost.Dispose();
}
