namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>How the simulated Apple misbehaves. May be changed at any time.</summary>
internal sealed class SimulatedAppleFaults(SeededRandom random)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<Fault>> _scripted = new(StringComparer.Ordinal);

    /// <summary>Reads show the state of this long ago. Set it before the changes that are to lag.</summary>
    public TimeSpan ReadLag { get; set; }

    /// <summary>Every page after the first carries another <c>versionId</c>.</summary>
    public bool MoveVersionWhilePaging { get; set; }

    /// <summary>Cursor reads answer with the cursor that they were given, for ever.</summary>
    public bool RepeatCursor { get; set; }

    /// <summary>The index of a page that is empty though others follow it.</summary>
    public int? EmptyPage { get; set; }

    /// <summary>The first of several pages announces two more pages than there are.</summary>
    public bool ShrinkTotalPages { get; set; }

    /// <summary>The share of requests that meet one of <see cref="RandomFaults"/>, 0 to 1.</summary>
    public double RandomFraction { get; set; }

    public IReadOnlyList<Fault> RandomFaults { get; set; } =
    [Fault.TooManyRequests(), Fault.Unavailable(TimeSpan.FromSeconds(1)), Fault.InternalError()];

    /// <summary>The share of answers to GET requests with a <see cref="Malformation"/> chosen at random, 0 to 1.</summary>
    public double MalformedFraction { get; set; }

    /// <summary>The next requests to the path, such as <c>/assets</c>, meet these faults, one each.</summary>
    public void Next(string path, params IReadOnlyList<Fault> faults)
    {
        lock (_lock)
        {
            if (!_scripted.TryGetValue(path, out var queue))
            {
                _scripted[path] = queue = new Queue<Fault>();
            }

            foreach (var fault in faults)
            {
                queue.Enqueue(fault);
            }
        }
    }

    /// <summary>Well again: nothing scripted, nothing at random, no distortion.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _scripted.Clear();
        }

        ReadLag = TimeSpan.Zero;
        MoveVersionWhilePaging = RepeatCursor = ShrinkTotalPages = false;
        EmptyPage = null;
        RandomFraction = MalformedFraction = 0;
    }

    internal Fault? Take(string method, string path)
    {
        lock (_lock)
        {
            if (_scripted.TryGetValue(path, out var queue) && queue.TryDequeue(out var scripted))
            {
                return scripted;
            }
        }

        if (method == "GET" && MalformedFraction > 0 && random.Next() < MalformedFraction)
        {
            return Fault.Malformed((Malformation)(random.Next() * Enum.GetValues<Malformation>().Length));
        }

        return RandomFraction > 0 && RandomFaults.Count > 0 && random.Next() < RandomFraction
            ? RandomFaults[(int)(random.Next() * RandomFaults.Count)]
            : null;
    }
}
