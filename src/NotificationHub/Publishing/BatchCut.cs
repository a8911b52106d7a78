namespace NotificationHub.Publishing;

internal static class BatchCut
{
    /// <summary>
    /// How many messages from <paramref name="start"/> on make the next batch: in order, within both bounds, but always
    /// one, and none that cannot be sent. The caller handles a message that is too large by itself.
    /// </summary>
    public static int Count(IReadOnlyList<OutgoingMessage> queue, int start, int maxBytes, int maxCount)
    {
        var bytes = 0L;
        var count = 0;
        while (start + count < queue.Count && count < maxCount && queue[start + count].Entry.Fault is null)
        {
            bytes += queue[start + count].Size;
            if (count > 0 && bytes > maxBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }
}
