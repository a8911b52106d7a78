using NotificationHub.Events;

namespace NotificationHub.OperationTracking;

/// <summary>Collects what failed, by Apple's error, and bounded: the largest operation has 50,000 tasks.</summary>
internal sealed class FailureList
{
    /// <summary>About 100 KiB, which still fits into a message; longer ids make it a claim check.</summary>
    public const int MaxItems = 1_000;

    private const int MaxFailures = 100;
    private const int MaxMessageLength = 300;

    private readonly Dictionary<(long?, string?), List<OperationItem>> byError = [];
    private int kept;

    /// <summary>Items that are not in the list, for there were too many.</summary>
    public long Omitted { get; private set; }

    public IReadOnlyList<OperationFailure> Failures =>
        [
            .. byError.Select(pair => new OperationFailure
            {
                ErrorNumber = pair.Key.Item1,
                ErrorMessage = pair.Key.Item2,
                Items = pair.Value,
            }),
        ];

    public void Add(long? errorNumber, string? errorMessage, IReadOnlyCollection<OperationItem> items)
    {
        var error = (errorNumber, Cut(errorMessage));
        if (!byError.TryGetValue(error, out var listed))
        {
            if (byError.Count == MaxFailures)
            {
                Omitted += items.Count;
                return;
            }

            byError[error] = listed = [];
        }

        var fitting = Math.Min(items.Count, MaxItems - kept);
        listed.AddRange(items.Take(fitting));
        kept += fitting;
        Omitted += items.Count - fitting;
    }

    private static string? Cut(string? message) =>
        message?.Length > MaxMessageLength ? message[..MaxMessageLength] : message;
}
