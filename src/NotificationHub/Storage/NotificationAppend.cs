using System.Text.Json;

namespace NotificationHub.Storage;

/// <summary>The outcome of a notification. The numbers are stored.</summary>
internal enum Disposition
{
    Accepted = 0,
    Quarantined = 1,
    Rejected = 2,
    Unrecognized = 3,
    Rerouted = 4,

    /// <summary>The location was already removed: stored, but not routed.</summary>
    AfterRemoval = 5,
}

internal static class Dispositions
{
    public static IEnumerable<string> WireNames => Enum.GetValues<Disposition>().Select(ToWireName);

    public static string ToWireName(this Disposition disposition) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(disposition.ToString());

    public static Disposition? FromWireName(string name) =>
        Enum.GetValues<Disposition>().Cast<Disposition?>().FirstOrDefault(value => value!.Value.ToWireName() == name);
}

internal enum AppendResult
{
    Stored,

    /// <summary>Stored; an earlier notification has the same ID and a different body.</summary>
    StoredAsConflict,

    Duplicate,

    /// <summary>Not stored: the location's quota of rejected notifications is used up.</summary>
    OverQuota,
}

internal readonly record struct AppendOutcome(AppendResult Result, long Seq);

/// <summary>
/// A notification to append. It completes when its batch is on disk, or fails with
/// <see cref="StorageUnavailableException"/>. Its memory must not change until then.
/// </summary>
internal sealed class NotificationAppend : TaskCompletionSource<AppendOutcome>
{
    public required byte[] LocationId { get; init; }

    public required long DedupHash { get; init; }

    /// <summary>UTF-8; empty if the body has none.</summary>
    public ReadOnlyMemory<byte> NotificationId { get; init; }

    public ReadOnlyMemory<byte> NotificationType { get; init; }

    public ReadOnlyMemory<byte> UId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required byte[] BodySha256 { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    public string? Traceparent { get; init; }

    public Disposition Disposition { get; init; }

    public string? Error { get; init; }

    /// <summary>The maximum number of stored rejected notifications per location.</summary>
    public int RejectedQuota { get; init; }
}

// On the thread pool, in bulk: at 30,000 notifications per second, one work item for each would cost more than the commit.
internal static class AppendCompletion
{
    private const int WaitersPerWorkItem = 64;

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
            // A separate exception for each caller: a shared one would collect the stack traces of all.
            _ => Array.ForEach(batch, append => append.TrySetException(NotCommitted(failure))),
            null
        );

    private static StorageUnavailableException NotCommitted(Exception failure) =>
        new($"The batch was not committed: {failure.Message}", failure);
}
