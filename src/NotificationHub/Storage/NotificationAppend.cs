using System.Text.Json;

namespace NotificationHub.Storage;

/// <summary>How a post came to be in the notification log, and what became of it. The numbers are stored.</summary>
internal enum Disposition
{
    Accepted = 0,
    Quarantined = 1,
    Rejected = 2,
    Unrecognized = 3,
    Rerouted = 4,

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

    /// <summary>Stored beside an earlier notification of the same id with another body.</summary>
    StoredAsConflict,

    /// <summary>The same location, id and body are in the log already.</summary>
    Duplicate,

    /// <summary>A rejected post was not kept: its location has used up its quota of them.</summary>
    OverQuota,
}

internal readonly record struct AppendOutcome(AppendResult Result, long Seq);

/// <summary>
/// One post on its way into the notification log; completed when its batch is on disk, or failed with
/// <see cref="StorageUnavailableException"/>. The memory it points at must stay untouched until then.
/// </summary>
internal sealed class NotificationAppend : TaskCompletionSource<AppendOutcome>
{
    public required byte[] LocationId { get; init; }

    public required long DedupHash { get; init; }

    /// <summary>UTF-8; empty where the post had none.</summary>
    public ReadOnlyMemory<byte> NotificationId { get; init; }

    public ReadOnlyMemory<byte> NotificationType { get; init; }

    public ReadOnlyMemory<byte> UId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required byte[] BodySha256 { get; init; }

    public required long ReceivedAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    public string? Traceparent { get; init; }

    public Disposition Disposition { get; init; }

    public string? Error { get; init; }

    /// <summary>How many rejected posts of its location are kept at most.</summary>
    public int RejectedQuota { get; init; }
}
