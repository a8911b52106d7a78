namespace NotificationHub.Storage;

/// <summary>
/// Tells the waiters of a batch of posts what became of it, on the pool and in bulk: a pool item for each of 30,000 posts a second costs
/// more than the commit.
/// </summary>
internal static class AppendCompletion
{
    private const int WaitersPerWorkItem = 64;

    /// <param name="appended">The signal for the next stage. If it fails, the posts are stored all the same.</param>
    public static void Complete(NotificationAppend[] batch, AppendOutcome[] outcomes, Signal appended)
    {
        for (var start = 0; start < batch.Length; start += WaitersPerWorkItem)
        {
            var (from, to) = (start, Math.Min(start + WaitersPerWorkItem, batch.Length));
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    for (var i = from; i < to; i++)
                    {
                        batch[i].TrySetResult(outcomes[i]);
                    }
                },
                null
            );
        }

        AfterCommit.Run(() => appended.Raise());
    }

    public static void Fail(NotificationAppend[] batch, Exception failure) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            // An exception of its own for each: one that many await at once collects all their stacks.
            _ => Array.ForEach(batch, append => append.TrySetException(NotKept(failure))),
            null
        );

    private static StorageUnavailableException NotKept(Exception failure) =>
        new($"The batch was not kept: {failure.Message}", failure);
}
