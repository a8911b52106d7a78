using System.Text.Json;

namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.ReconcileDriftFound"/>: a record was not as it was known, and no notification had told of it. The hub's
/// topic names no device and nobody: what is told of those is in the event that repaired it.
/// </summary>
public sealed record ReconcileDriftFound
{
    /// <summary>The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignment</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Which one, of an asset or a subscription; absent for a record that names a device or a user.</summary>
    public string? Key { get; init; }

    /// <summary>The asset or subscription that it is about; absent for users.</summary>
    public string? AdamId { get; init; }

    /// <summary>What the difference is.</summary>
    public required ChangeKind Change { get; init; }

    /// <summary>The members that are different.</summary>
    public required IReadOnlyList<DriftedField> Fields { get; init; }

    /// <summary>The id of the <c>*.changed</c> event that states the record as it is.</summary>
    public required string Event { get; init; }
}

/// <summary>A member of a record that was not as it was known; its values are left out where the record names a device or a user.</summary>
public sealed record DriftedField
{
    /// <summary>The member, as the record names it.</summary>
    public required string Name { get; init; }

    /// <summary>As it was known.</summary>
    public JsonElement? Before { get; init; }

    /// <summary>As Apple states it.</summary>
    public JsonElement? After { get; init; }
}
