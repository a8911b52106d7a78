namespace NotificationHub.Intake;

/// <summary>What a location lets in: immutable, replaced whole when the database has changed.</summary>
/// <param name="Digests">Its accepted secrets.</param>
/// <param name="Uses">A counter for each of them, in the same order.</param>
/// <param name="UId">Apple's id of it; empty where it is not known.</param>
/// <param name="IsRemoved">Its posts are late ones: kept, and not routed.</param>
internal sealed record AcceptedCredentials(
    AcceptedDigests Digests,
    IReadOnlyList<SecretUsage> Uses,
    byte[] UId,
    bool IsRemoved
)
{
    public static AcceptedCredentials None { get; } = new(AcceptedDigests.UnknownLocation, [], [], false);
}

/// <summary>One location as the intake sees it. It stays the same object for as long as the location exists.</summary>
internal sealed class LocationCredentials(string locationId, LocationRateLimiter rate, MemoryBudget budget)
{
    private long refused;
    private AcceptedCredentials admission = AcceptedCredentials.None;

    public string LocationId => locationId;

    public byte[] LocationIdUtf8 { get; } = System.Text.Encoding.UTF8.GetBytes(locationId);

    public LocationRateLimiter Rate => rate;

    /// <summary>The location's share of the memory for bodies.</summary>
    public MemoryBudget Budget => budget;

    public AcceptedCredentials AcceptedCredentials
    {
        get => Volatile.Read(ref admission);
        set => Volatile.Write(ref admission, value);
    }

    public void CountRefused() => Interlocked.Increment(ref refused);

    /// <summary>How many posts have been refused since the last call.</summary>
    public long TakeRefused() => Interlocked.Exchange(ref refused, 0);
}
