namespace NotificationHub.Intake;

/// <summary>How many bytes of bodies may be in memory between the socket and the disk.</summary>
internal sealed class ByteBudget(long limit)
{
    private long used;

    public long Used => Interlocked.Read(ref used);

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref used, bytes) <= limit)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    public void GiveBack(int bytes) => Interlocked.Add(ref used, -bytes);
}
