namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>The faults to inject. Can be changed at any time.</summary>
/// <remarks>
/// An endpoint is a path such as <c>/assets</c>, a method and a path such as <c>POST /client/config</c>, or
/// <see cref="AnyEndpoint"/>.
/// </remarks>
internal sealed class SimulatedAppleFaults(SeededRandom random)
{
    public const string AnyEndpoint = "*";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<Fault>> _scripted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Fault Fault, double Share)> _standing = new(StringComparer.Ordinal);

    /// <summary>How far reads lag behind. Set it before the changes that are to lag.</summary>
    public TimeSpan ReadLag { get; set; }

    /// <summary>Every page after the first has another <c>versionId</c>.</summary>
    public bool MoveVersionWhilePaging { get; set; }

    /// <summary>Cursor reads return the cursor of the request, so that they never end.</summary>
    public bool RepeatCursor { get; set; }

    /// <summary>The index of a page that is empty although other pages follow.</summary>
    public int? EmptyPage { get; set; }

    /// <summary>The first of several pages announces two pages too many.</summary>
    public bool ShrinkTotalPages { get; set; }

    /// <summary>The share of requests that get one of <see cref="RandomFaults"/>, 0 to 1.</summary>
    public double RandomFraction { get; set; }

    public IReadOnlyList<Fault> RandomFaults { get; set; } =
    [Fault.TooManyRequests(), Fault.Unavailable(TimeSpan.FromSeconds(1)), Fault.InternalError()];

    /// <summary>The share of GET responses that get a random <see cref="Malformation"/>, 0 to 1.</summary>
    public double MalformedFraction { get; set; }

    /// <summary>Applies the faults to the next requests for the endpoint, one each.</summary>
    public void Next(string endpoint, params IReadOnlyList<Fault> faults)
    {
        lock (_lock)
        {
            if (!_scripted.TryGetValue(endpoint, out var queue))
            {
                _scripted[endpoint] = queue = new Queue<Fault>();
            }

            foreach (var fault in faults)
            {
                queue.Enqueue(fault);
            }
        }
    }

    /// <summary>Applies the fault to a share of the endpoint's requests until <see cref="Clear"/>.</summary>
    public void Always(string endpoint, Fault fault, double share = 1)
    {
        lock (_lock)
        {
            _standing[endpoint] = (fault, share);
        }
    }

    /// <summary>Removes all faults.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _scripted.Clear();
            _standing.Clear();
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
            foreach (var name in Names(method, path))
            {
                if (_scripted.TryGetValue(name, out var queue) && queue.TryDequeue(out var scripted))
                {
                    return scripted;
                }
            }

            foreach (var name in Names(method, path))
            {
                if (_standing.TryGetValue(name, out var standing) && random.Next() < standing.Share)
                {
                    return standing.Fault;
                }
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

    private static string[] Names(string method, string path) => [$"{method} {path}", path, AnyEndpoint];
}
