namespace NotificationHub.Intake;

/// <summary>Limits the bytes of bodies that are in memory before they are stored, for all locations or for one.</summary>
/// <param name="limit">The maximum number of bytes at a time.</param>
/// <param name="whole">The budget of all locations; null if this is it.</param>
internal sealed class MemoryBudget(long limit, MemoryBudget? whole = null)
{
    private long used;

    public long Used => Interlocked.Read(ref used);

    public bool TryTake(int bytes)
    {
        // Check the location's share first: a location that has used up its share must not use the memory of others.
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
