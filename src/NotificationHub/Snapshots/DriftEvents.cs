using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>The events about records that a full sync found to be different without a notification.</summary>
internal sealed class DriftEvents(ReadContext read, long epoch, DateTimeOffset now)
{
    private static readonly JsonElement NoMembers = JsonElement.Parse("{}");

    public static async Task<DriftEvents> BeginAsync(
        WriteTransaction transaction,
        ReadContext read,
        int count,
        DateTimeOffset now
    )
    {
        if (count > 0)
        {
            await transaction.ExecuteAsync(
                "update full_sync set drifts = drifts + @count where location_id = @LocationId and kind = @KindName",
                read,
                new { count }
            );
        }

        var epoch = await EventLog.ReadEpochAsync(transaction);
        return new DriftEvents(read, epoch, now);
    }

    public IReadOnlyCollection<NewEvent> Create(IEnumerable<(RecordDifference Difference, long Seq)> drifts) =>
        [.. drifts.Select(drift => Create(drift.Difference, drift.Seq))];

    /// <summary>The members in which a record differs; of a personal record, without their values.</summary>
    public static IReadOnlyList<DriftedField> GetFields(RecordKind kind, RecordDifference difference)
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
                .Select(field => kind.IsPersonal ? new DriftedField { Name = field.Name } : field),
        ];
    }

    private NewEvent Create(RecordDifference difference, long changedSeq)
    {
        var key = read.Kind.IsPersonal ? null : difference.Key;
        return NewEvent.Create(
            EventNames.ReconcileDriftFound,
            read.LocationId,
            key is null ? read.Kind.SubjectPrefix : $"{read.Kind.SubjectPrefix}/{key}",
            new ReconcileDriftFound
            {
                Resource = read.Kind.Name,
                Key = key,
                AdamId = difference.AdamId,
                Change = Enum.Parse<ChangeKind>(difference.Change, ignoreCase: true),
                Fields = GetFields(read.Kind, difference),
                Event = $"{epoch}-{changedSeq}",
            },
            EventJsonContext.Wire.ReconcileDriftFound,
            now
        ) with
        {
            Change = difference.Change,
            Cause = RecordChanges.Reconcile,
            AdamId = difference.AdamId,
        };
    }

    private static JsonElement Parse(string? record) => record is null ? NoMembers : JsonElement.Parse(record);

    private static JsonElement? Member(JsonElement record, string name) =>
        record.TryGetProperty(name, out var member) ? member : null;
}
