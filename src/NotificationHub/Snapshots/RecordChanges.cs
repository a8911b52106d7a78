using System.Buffers;
using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <param name="FirstSight">Whether a record without a snapshot may have been at Apple before.</param>
internal sealed record ReadContext(
    string LocationId,
    RecordKind Kind,
    string Cause,
    bool FirstSight,
    string? CorrelationId,
    string? Traceparent
)
{
    public string KindName => Kind.Name;

    /// <summary>Records with a lower revision are restated even if unchanged, because their last event may be lost. Zero: no restatement.</summary>
    public long RestateFrom { get; init; }

    /// <summary>Finds the changed records with a pending target: if a reconciliation reads one before the refetch, it is not drift.</summary>
    public required Func<
        DbConnection,
        string,
        RecordKind,
        IReadOnlyCollection<RecordDifference>,
        Task<HashSet<string>>
    > FindPending { get; init; }
}

internal static class RecordChanges
{
    public const string Notification = "notification";

    /// <summary>The record may have existed before the first read.</summary>
    public const string Baseline = "baseline";

    public const string Reconcile = "reconcile";

    /// <summary>The record is restated after a restore, changed or not.</summary>
    public const string Restore = "restore";

    public const string Added = "added";
    public const string Updated = "updated";
    public const string Removed = "removed";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static NewEvent Create(ReadContext read, RecordDifference difference, DateTimeOffset now)
    {
        var cause =
            difference.IsRestatement ? Restore
            : difference.IsNew && read.FirstSight ? Baseline
            : read.Cause;
        return new NewEvent
        {
            Type = read.Kind.EventName,
            LocationId = read.LocationId,
            Subject = $"{read.Kind.SubjectPrefix}/{difference.Key}",
            Data = Write(difference.Before, difference.After, difference.Change, cause),
            Change = difference.Change,
            Cause = cause,
            AdamId = difference.AdamId,
            CorrelationId = read.CorrelationId,
            Traceparent = read.Traceparent,
            CreatedAt = now,
        };
    }

    // The members of RecordChange<T>, written by hand because the records are stored as JSON.
    private static byte[] Write(string? before, string? after, string change, string cause)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        WriteRecord(writer, "before", before);
        WriteRecord(writer, "after", after);
        writer.WriteString("change", change);
        writer.WriteString("cause", cause);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteRecord(Utf8JsonWriter writer, string name, string? record)
    {
        writer.WritePropertyName(name);
        if (record is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(record, skipInputValidation: true);
        }
    }
}

/// <param name="Before">The stored record; null if it was removed or never stored.</param>
/// <param name="After">The record at Apple; null if it is gone.</param>
internal sealed record RecordDifference(string Key, string? AdamId, string? Before, string? After, bool IsNew)
{
    public bool IsRestatement => After is not null && After == Before;

    public string Change =>
        After is null ? RecordChanges.Removed
        : Before is null ? RecordChanges.Added
        : RecordChanges.Updated;
}
