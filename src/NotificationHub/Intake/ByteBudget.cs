namespace NotificationHub.Intake;

/// <summary>How many bytes of bodies may be in memory between the socket and the disk: of all locations, or one location's share of them.</summary>
/// <param name="limit">The most bytes at a time.</param>
/// <param name="whole">The budget that this one is a share of; null for the whole.</param>
internal sealed class ByteBudget(long limit, ByteBudget? whole = null)
{
    private long used;

    public long Used => Interlocked.Read(ref used);

    public bool TryTake(int bytes)
    {
        // The share first: a location that has used up its own never touches what the others need.
        if (Interlocked.Add(ref used, bytes) <= limit && (whole is null || whole.TryTake(bytes)))
        {
            return true;
        }

        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public void GiveBack(int bytes)
    {
        Interlocked.Add(ref used, -bytes);
        whole?.GiveBack(bytes);
    }
}
