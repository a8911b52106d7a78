namespace NotificationHub.Simulator.Apple;

/// <summary>One request that the simulated Apple took.</summary>
/// <param name="Path">The path below the base address, such as <c>/assets</c>.</param>
/// <param name="Query">The query with its question mark, or an empty string.</param>
/// <param name="Status">The status answered; 0 where the connection was aborted.</param>
/// <param name="LocationUId">The location whose content token was presented; null where there was none or an unknown one.</param>
internal sealed record RequestRecord(
    string Method,
    string Path,
    string Query,
    DateTimeOffset At,
    int Status,
    string? LocationUId
);

/// <summary>Everything that was asked of the simulated Apple, in the order of the answers.</summary>
internal sealed class RequestLog
{
    private readonly Lock _lock = new();
    private readonly List<RequestRecord> _records = [];

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
                return _records.Count;
            }
        }
    }

    /// <summary>How often each endpoint was asked, by <c>METHOD /path</c>.</summary>
    public IReadOnlyDictionary<string, int> ByEndpoint =>
        All.CountBy(record => $"{record.Method} {record.Path}").ToDictionary();

    public int Count(string path) => All.Count(record => record.Path == path);

    public void Clear()
    {
        lock (_lock)
        {
            _records.Clear();
        }
    }

    internal void Add(RequestRecord record)
    {
        lock (_lock)
        {
            _records.Add(record);
        }
    }
}
