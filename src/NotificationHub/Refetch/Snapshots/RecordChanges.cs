using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Snapshots;

/// <summary>What a read is about, for the events that come of it.</summary>
/// <param name="FirstSight">Nothing was known completely before: what is new to us need not be new at Apple.</param>
/// <param name="CorrelationId">Apple's <c>eventId</c>, where one notification asked.</param>
internal sealed record ReadContext(
    string LocationId,
    SnapshotKind Kind,
    bool FirstSight,
    string? CorrelationId,
    string? Traceparent
);

/// <summary>The events that tell of changed records.</summary>
internal static class RecordChanges
{
    private const string Added = "added";
    private const string Updated = "updated";
    private const string Removed = "removed";
    private const string Notification = "notification";
    private const string Baseline = "baseline";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="before">The record as it was kept; null: it was gone, or never seen.</param>
    /// <param name="after">The record as it is; null: it is gone.</param>
    /// <param name="isNew">It was never seen before.</param>
    public static NewEvent Create(
        ReadContext read,
        string key,
        string? adamId,
        string? before,
        string? after,
        bool isNew,
        long now
    )
    {
        var change =
            after is null ? Removed
            : before is null ? Added
            : Updated;
        var cause = isNew && read.FirstSight ? Baseline : Notification;
        return new NewEvent
        {
            Type = read.Kind.EventName,
            LocationId = read.LocationId,
            Subject = $"{read.Kind.SubjectPrefix}/{key}",
            Data = Write(before, after, change, cause),
            Change = change,
            Cause = cause,
            AdamId = adamId,
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
