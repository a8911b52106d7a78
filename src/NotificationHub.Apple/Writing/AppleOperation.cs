namespace NotificationHub.Apple;

/// <summary>
/// A write that was sent. Apple works on it asynchronously: wait for the result with <see cref="WaitAsync"/>, which polls
/// Event Status, and pass on what notifications report to save the polling. Safe for concurrent use.
/// </summary>
public sealed class AppleOperation
{
    private readonly Dictionary<string, EventTracker> trackers;

    internal AppleOperation(AppleSession session, IReadOnlyList<OperationPart> parts)
    {
        Parts = parts;
        trackers = parts
            .Where(part => part.EventId is not null)
            .DistinctBy(part => part.EventId)
            .ToDictionary(
                part => part.EventId!,
                part => new EventTracker(session, part.EventId!, part.Request, isNew: true),
                StringComparer.Ordinal
            );
    }

    /// <summary>The requests, in the order in which they were sent.</summary>
    public IReadOnlyList<OperationPart> Parts { get; }

    /// <summary>The IDs of the accepted requests. Store them to continue after a restart, with <see cref="AppleSession.WaitForEventAsync"/>.</summary>
    public IReadOnlyCollection<string> EventIds => trackers.Keys;

    /// <summary>
    /// Waits until Apple has finished the accepted requests, at most <see cref="AppleClientOptions.EventTimeout"/>; after
    /// that, the result is still pending. Can be called again.
    /// </summary>
    /// <param name="progress">Receives every Event Status.</param>
    /// <param name="cancellationToken">Ends the waiting, not the operation.</param>
    /// <exception cref="AppleException">Event Status cannot be read. Transient errors are thrown only at the end of the time.</exception>
    public async Task<OperationResult> WaitAsync(
        IProgress<EventStatus>? progress = null,
        CancellationToken cancellationToken = default
    ) =>
        new(
            await Task.WhenAll(trackers.Values.Select(one => one.WaitAsync(progress, cancellationToken))),
            Parts.All(part => part.State == OperationPartState.Accepted)
        );

    /// <summary>
    /// Passes on what a notification says about items (<c>ASSET_MANAGEMENT</c>, <c>USER_MANAGEMENT</c> or
    /// <c>SUBSCRIPTION_MANAGEMENT</c>). A request is finished once every one of its items was reported; repeated reports
    /// are harmless. Reports never finish a <see cref="RevokeAssetsRequest"/>, because only Apple knows its items.
    /// </summary>
    /// <param name="eventId">The notification's <c>eventId</c>.</param>
    /// <param name="items">The items that it lists.</param>
    /// <param name="error">Its error, which concerns all of them; null if they succeeded.</param>
    /// <returns>Whether the event belongs to this operation.</returns>
    public bool Report(string eventId, IEnumerable<WriteItem> items, AppleError? error = null)
    {
        var isKnown = trackers.TryGetValue(eventId, out var tracker);
        tracker?.Report(items, error);
        return isKnown;
    }

    /// <summary>Passes on an Event Status that another client read.</summary>
    /// <returns>Whether the event belongs to this operation.</returns>
    public bool Report(string eventId, EventStatus status)
    {
        var isKnown = trackers.TryGetValue(eventId, out var tracker);
        tracker?.Report(status);
        return isKnown;
    }
}
