using System.Globalization;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Snapshots;

/// <summary>Tells of each record that a survey found to be different without a notification.</summary>
internal static class DriftEvents
{
    private static readonly JsonElement NoMembers = JsonElement.Parse("{}");

    /// <param name="drifts">Each with the seq of the event that states it.</param>
    public static async Task AppendAsync(
        WriteTransaction transaction,
        Database database,
        ReadContext read,
        IReadOnlyCollection<(RecordDifference Difference, long Seq)> drifts,
        long now
    )
    {
        if (drifts.Count == 0)
        {
            return;
        }

        var epoch = await transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = 'event'");
        await EventLog.AppendAsync(
            transaction,
            database,
            [.. drifts.Select(drift => Create(read, drift.Difference, epoch, drift.Seq, now))]
        );
        await transaction.ExecuteAsync(
            "update survey set drifts = drifts + @Count where location_id = @LocationId and resource = @Name",
            new
            {
                drifts.Count,
                read.LocationId,
                read.Kind.Name,
            }
        );
    }

    /// <summary>The members in which a record differs; without their values where it names a device or a user.</summary>
    public static IReadOnlyList<DriftedField> FieldsOf(SnapshotKind kind, RecordDifference difference)
    {
        var before = Parse(difference.Before);
        var after = Parse(difference.After);
        return
        [
            .. before
                .EnumerateObject()
                .Concat(after.EnumerateObject())
                .Select(member => member.Name)
                .Distinct(StringComparer.Ordinal)
                .Select(name => new DriftedField
                {
                    Name = name,
                    Before = Member(before, name),
                    After = Member(after, name),
                })
                .Where(field => field.Before?.GetRawText() != field.After?.GetRawText())
                .Select(field => kind.NamesSomebody ? new DriftedField { Name = field.Name } : field),
        ];
    }

    private static NewEvent Create(ReadContext read, RecordDifference difference, long epoch, long changedSeq, long now)
    {
        var key = read.Kind.NamesSomebody ? null : difference.Key;
        return new NewEvent
        {
            Type = EventNames.ReconcileDriftFound,
            LocationId = read.LocationId,
            Subject = key is null ? read.Kind.SubjectPrefix : $"{read.Kind.SubjectPrefix}/{key}",
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new ReconcileDriftFound
                {
                    Resource = read.Kind.Name,
                    Key = key,
                    AdamId = difference.AdamId,
                    Change = Enum.Parse<ChangeKind>(difference.Change, ignoreCase: true),
                    Fields = FieldsOf(read.Kind, difference),
                    Event = string.Create(CultureInfo.InvariantCulture, $"{epoch}-{changedSeq}"),
                },
                EventJsonContext.Wire.ReconcileDriftFound
            ),
            Change = difference.Change,
            Cause = RecordChanges.Reconcile,
            AdamId = difference.AdamId,
            CreatedAt = now,
        };
    }

    private static JsonElement Parse(string? record) => record is null ? NoMembers : JsonElement.Parse(record);

    private static JsonElement? Member(JsonElement record, string name) =>
        record.TryGetProperty(name, out var member) ? member : null;
}
