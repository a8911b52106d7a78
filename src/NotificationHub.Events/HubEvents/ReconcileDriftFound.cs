using System.Text.Json;

namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.ReconcileDriftFound"/>: a record differed from the hub's copy, and no notification had
/// reported it. The topic names no devices or users; their data are in the <c>*.changed</c> event.
/// </summary>
public sealed record ReconcileDriftFound
{
    /// <summary>
    /// The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or
    /// <c>subscription-assignment</c>.
    /// </summary>
    public required string Resource { get; init; }

    /// <summary>The key of an asset or subscription; absent for a record that names a device or a user.</summary>
    public string? Key { get; init; }

    /// <summary>The asset or subscription of the record; absent for users.</summary>
    public string? AdamId { get; init; }

    /// <summary>The kind of difference.</summary>
    public required ChangeKind Change { get; init; }

    /// <summary>The members that differ.</summary>
    public required IReadOnlyList<DriftedField> Fields { get; init; }

    /// <summary>The ID of the <c>*.changed</c> event with the current record.</summary>
    public required string Event { get; init; }
}

/// <summary>A member that differs; its values are omitted if the record names a device or a user.</summary>
public sealed record DriftedField
{
    /// <summary>The name of the member in the record.</summary>
    public required string Name { get; init; }

    /// <summary>The value in the hub's copy.</summary>
    public JsonElement? Before { get; init; }

    /// <summary>The value at Apple.</summary>
    public JsonElement? After { get; init; }
}
