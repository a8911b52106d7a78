using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>A change of a record: the data of the <c>*.changed</c> events.</summary>
/// <typeparam name="TRecord">The kind of record that the event's type names.</typeparam>
public sealed record RecordChange<TRecord>
    where TRecord : class
{
    /// <summary>The record before the change; null if it was not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public TRecord? Before { get; init; }

    /// <summary>The current record at Apple; null if it is gone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public TRecord? After { get; init; }

    /// <summary>The kind of change.</summary>
    public required ChangeKind Change { get; init; }

    /// <summary>Why the record was read.</summary>
    public required ChangeCause Cause { get; init; }
}

/// <summary>The kind of change. In JSON: the lowercase name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeKind>))]
public enum ChangeKind
{
    /// <summary>The record is new.</summary>
    [JsonStringEnumMemberName("added")]
    Added,

    /// <summary>At least one member has changed.</summary>
    [JsonStringEnumMemberName("updated")]
    Updated,

    /// <summary>The record is gone.</summary>
    [JsonStringEnumMemberName("removed")]
    Removed,
}

/// <summary>Why a record was read. In JSON: the lowercase name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeCause>))]
public enum ChangeCause
{
    /// <summary>A notification requested the read.</summary>
    [JsonStringEnumMemberName("notification")]
    Notification,

    /// <summary>Reconciliation found the change.</summary>
    [JsonStringEnumMemberName("reconcile")]
    Reconcile,

    /// <summary>The record was read for the first time; it need not be new at Apple.</summary>
    [JsonStringEnumMemberName("baseline")]
    Baseline,

    /// <summary>The hub was restored from a backup and restates every record, changed or not.</summary>
    [JsonStringEnumMemberName("restore")]
    Restore,
}
