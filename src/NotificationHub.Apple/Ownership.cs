namespace NotificationHub.Apple;

/// <summary>Another MDM server than before owns the location. Apple: MdmInfo.</summary>
/// <param name="PreviousId">The <c>mdmInfo.id</c> before.</param>
/// <param name="Owner">The owner that Apple returned.</param>
public sealed record OwnerChange(string PreviousId, MdmInfo Owner);

/// <summary>The last known owner of a location. Responses without <c>mdmInfo</c> prove nothing: Apple often omits it.</summary>
internal sealed class Ownership
{
    private string? id;

    public string? Id
    {
        get => Volatile.Read(ref id);
        set => Volatile.Write(ref id, value);
    }

    public void Observe(MdmInfo? owner, Action<OwnerChange>? changed)
    {
        if (owner?.Id is { } found && Interlocked.Exchange(ref id, found) is { } before && before != found)
        {
            changed?.Invoke(new OwnerChange(before, owner));
        }
    }
}
