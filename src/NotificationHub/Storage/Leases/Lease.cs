namespace NotificationHub.Storage.Leases;

/// <summary>Another owner has the lease, or it expired: the transaction must not be committed.</summary>
internal sealed class LeaseLostException(string name)
    : Exception($"The lease '{name}' was lost. Nothing was committed.");

/// <summary>Another transaction locks the row of a lease for longer than a renewal may take.</summary>
internal sealed class LeaseRowBlockedException(Exception inner)
    : Exception("Another transaction has locked the row of a lease.", inner);

/// <summary>
/// The time-limited right to run a stage. The fencing token grows with each owner, and every transaction checks it: an
/// owner that was paused and resumes commits nothing.
/// </summary>
internal sealed class Lease(string name, string owner, long fencingToken, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource lost = new();
    private long safeUntil;

    public string Name => name;

    public string Owner => owner;

    public long FencingToken => fencingToken;

    /// <summary>Is canceled when the lease is lost or released.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Whether the lease lasts for at least <paramref name="needed"/>, by a conservative estimate of the database's clock.</summary>
    public bool HasLeft(TimeSpan needed) =>
        !lost.IsCancellationRequested
        && time.GetTimestamp() + (needed.TotalSeconds * time.TimestampFrequency) < Interlocked.Read(ref safeUntil);

    /// <summary>Requires that this lease is valid by the database's clock.</summary>
    /// <returns>The database's time.</returns>
    public async Task<DateTimeOffset> EnsureAsync(WriteTransaction transaction)
    {
        // The expiry is in 1970 if another owner or fencing token has the lease.
        var (now, expiresAt) = (
            await transaction.QueryNamedAsync<(DateTimeOffset, DateTimeOffset)>(
                "FindLease",
                ("name", name),
                ("owner", owner),
                ("fencingToken", fencingToken)
            )
        )[0];
        if (expiresAt <= now)
        {
            MarkLost();
            throw new LeaseLostException(name);
        }

        return now;
    }

    /// <param name="requestedAt">The timestamp before the request, because the database may have read its clock at any time after it.</param>
    /// <param name="duration">The duration from then.</param>
    public void Extend(long requestedAt, TimeSpan duration) =>
        Interlocked.Exchange(ref safeUntil, requestedAt + (long)(duration.TotalSeconds * time.TimestampFrequency));

    // Callbacks must not run on the caller's thread, which may be the writer's.
    public void MarkLost() => _ = lost.CancelAsync();

    public void Dispose() => lost.Dispose();
}
