namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.LocationImported"/>: from now on, a record that is <c>added</c> is new at Apple,
/// unless its <c>cause</c> says otherwise.
/// </summary>
public sealed record LocationImported
{
    /// <summary>The number of records that were read, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Records { get; init; }

    /// <summary>
    /// The kinds that Apple refuses to return. They are retried on schedule. Once Apple returns them, this event is
    /// published again.
    /// </summary>
    public IReadOnlyList<string> NotAvailable
    {
        get => field ?? [];
        init;
    }

    /// <summary>When the import started, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the import finished, in UTC.</summary>
    public required DateTimeOffset FinishedAt { get; init; }
}
