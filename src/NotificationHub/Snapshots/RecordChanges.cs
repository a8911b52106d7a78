using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>What a read is about, for the events that come of it.</summary>
/// <param name="Cause">Why it is read: one of <see cref="RecordChanges"/>'s causes.</param>
/// <param name="FirstSight">Nothing was known completely before: what is new to us need not be new at Apple.</param>
/// <param name="CorrelationId">Apple's <c>eventId</c>, where one notification asked.</param>
internal sealed record ReadContext(
    string LocationId,
    RecordKind Kind,
    string Cause,
    bool FirstSight,
    string? CorrelationId,
    string? Traceparent
)
{
    /// <summary>Records with a lower revision are restated even if unchanged, because their last event may be lost. Zero: no restatement.</summary>
    public long RestateFrom { get; init; }

    /// <summary>Finds the changed records with a pending target: if a reconciliation reads one before the refetch, it is not drift.</summary>
    public required Func<
        WriteTransaction,
        ReadContext,
        IReadOnlyCollection<RecordDifference>,
        Task<HashSet<string>>
    > FindPending { get; init; }
}

/// <summary>The events that tell of changed records.</summary>
internal static class RecordChanges
{
    /// <summary>A notification made the hub look.</summary>
    public const string Notification = "notification";

    /// <summary>It was there before the hub looked first.</summary>
    public const string Baseline = "baseline";

    /// <summary>The scheduled full sync found it.</summary>
    public const string Reconcile = "reconcile";

    /// <summary>The database was restored from a backup: every record is restated, changed or not.</summary>
    public const string Restore = "restore";

    public const string Added = "added";
    public const string Updated = "updated";
    public const string Removed = "removed";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static NewEvent Create(ReadContext read, RecordDifference difference, long now)
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

    // The members of RecordChange<T>; the records are in their final form already.
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
