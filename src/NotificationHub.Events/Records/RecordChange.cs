using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>What is true of a record now: the data of the <c>*.changed</c> events.</summary>
/// <typeparam name="TRecord">The kind of record that the event's type names.</typeparam>
public sealed record RecordChange<TRecord>
    where TRecord : class
{
    /// <summary>The record as it was known before; null: it was not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public TRecord? Before { get; init; }

    /// <summary>The record as Apple states it now; null: it is gone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public TRecord? After { get; init; }

    /// <summary>What the difference is.</summary>
    public required ChangeKind Change { get; init; }

    /// <summary>Why it was read.</summary>
    public required ChangeCause Cause { get; init; }
}

/// <summary>What a change did to a record. In JSON: the lower-case word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeKind>))]
public enum ChangeKind
{
    /// <summary>The record is new.</summary>
    [JsonStringEnumMemberName("added")]
    Added,

    /// <summary>Some member is different.</summary>
    [JsonStringEnumMemberName("updated")]
    Updated,

    /// <summary>The record is gone.</summary>
    [JsonStringEnumMemberName("removed")]
    Removed,
}

/// <summary>Why a record was read. In JSON: the lower-case word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeCause>))]
public enum ChangeCause
{
    /// <summary>A notification hinted at it.</summary>
    [JsonStringEnumMemberName("notification")]
    Notification,

    /// <summary>The scheduled walk found it.</summary>
    [JsonStringEnumMemberName("reconcile")]
    Reconcile,

    /// <summary>It was seen for the first time; it need not be new at Apple.</summary>
    [JsonStringEnumMemberName("baseline")]
    Baseline,

    /// <summary>The hub was restored from a backup and restates every record, changed or not.</summary>
    [JsonStringEnumMemberName("restore")]
    Restore,
}
