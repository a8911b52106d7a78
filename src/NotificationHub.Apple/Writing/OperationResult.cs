namespace NotificationHub.Apple;

/// <summary>The result of a write.</summary>
/// <param name="Events">The result of each request that Apple accepted.</param>
/// <param name="IsAccepted">Whether Apple accepted all of the requests.</param>
public sealed record OperationResult(IReadOnlyList<EventResult> Events, bool IsAccepted)
{
    /// <summary>Whether Apple accepted every request and completed every item.</summary>
    public bool IsSuccess => IsAccepted && Events.All(one => one.IsSuccess);

    /// <summary>Whether Apple is still working on a request. Apple: after ten minutes, send what is missing again.</summary>
    public bool IsPending => Events.Any(one => one.IsPending);

    /// <summary>The failures and their items.</summary>
    public IEnumerable<OperationFailure> Failures => Events.SelectMany(one => one.Failures);
}

/// <summary>The result of one request.</summary>
/// <param name="EventId">Apple's ID of the request.</param>
/// <param name="Status">Apple's last Event Status; null if notifications completed the request.</param>
/// <param name="Failures">The failures and their items.</param>
public sealed record EventResult(string EventId, EventStatus? Status, IReadOnlyList<OperationFailure> Failures)
{
    /// <summary>Whether Apple completed every item. A completed association does not prove that the device exists.</summary>
    public bool IsSuccess => Failures.Count == 0 && Status is null or { IsSuccess: true };

    /// <summary>Whether Apple is still working on it.</summary>
    public bool IsPending => Status is { IsPending: true };
}

/// <summary>An error and the items that it concerns.</summary>
/// <param name="Error">Apple's error.</param>
/// <param name="Kind">Its meaning.</param>
/// <param name="Items">
/// The items of the request that Apple names. An error that names only an asset, or only a holder, concerns all of its
/// items. Empty if Apple names none.
/// </param>
public sealed record OperationFailure(AppleError Error, AppleErrorKind Kind, IReadOnlyList<WriteItem> Items)
{
    /// <summary>The error, without the items.</summary>
    public override string ToString() => $"OperationFailure {{ {Error.ErrorNumber} {Kind}, Items: {Items.Count} }}";
}
