namespace NotificationHub.Simulator.Apple;

/// <param name="Path">The path below the base address, such as <c>/assets</c>.</param>
/// <param name="Query">The query with its question mark, or an empty string.</param>
/// <param name="Status">The HTTP status; 0 if the connection was aborted.</param>
/// <param name="LocationUId">The location of the content token; null without a known token.</param>
internal sealed record RequestRecord(
    string Method,
    string Path,
    string Query,
    DateTimeOffset At,
    int Status,
    string? LocationUId
);

/// <summary>All requests to the simulated Apple, in the order of the responses.</summary>
internal sealed class RequestLog(bool keepHistory)
{
    private readonly Lock _lock = new();
    private readonly List<RequestRecord> _records = [];
    private int _total;

    public IReadOnlyList<RequestRecord> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    public int Total
    {
        get
        {
            lock (_lock)
            {
                return _total;
            }
        }
    }

    /// <summary>Number of requests by <c>METHOD /path</c>.</summary>
    public IReadOnlyDictionary<string, int> ByEndpoint =>
        All.CountBy(record => $"{record.Method} {record.Path}").ToDictionary();

    public int Count(string path) => All.Count(record => record.Path == path);

    public void Clear()
    {
        lock (_lock)
        {
            _records.Clear();
            _total = 0;
        }
    }

    internal void Add(RequestRecord record)
    {
        lock (_lock)
        {
            _total++;
            if (keepHistory)
            {
                _records.Add(record);
            }
        }
    }
}
