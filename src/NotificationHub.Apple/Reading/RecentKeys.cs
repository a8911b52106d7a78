namespace NotificationHub.Apple;

/// <summary>The keys of the last records of a list: enough to recognize repeated ones, and bounded.</summary>
internal sealed class RecentKeys
{
    // About 50 of Apple's pages.
    private const int Capacity = 50_000;

    private readonly HashSet<object> keys = [];
    private readonly Queue<object> order = [];

    public bool Contains(object key) => keys.Contains(key);

    /// <returns>Whether the key is new.</returns>
    public bool Add(object key)
    {
        if (!keys.Add(key))
        {
            return false;
        }

        order.Enqueue(key);
        if (order.Count > Capacity)
        {
            keys.Remove(order.Dequeue());
        }

        return true;
    }
}
