namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A page read in progress. More than five of a location at once are more than Apple allows.</summary>
internal sealed class PageRead : IDisposable
{
    private const int Allowed = 5;

    private readonly Counter _counter;

    private PageRead(Counter counter) => _counter = counter;

    public static PageRead Begin(SimulatedLocation location, Violations violations)
    {
        if (Interlocked.Increment(ref location.PagesInFlight.Count) > Allowed)
        {
            violations.Add($"more than {Allowed} pages are read at once");
        }

        return new PageRead(location.PagesInFlight);
    }

    public void Dispose() => Interlocked.Decrement(ref _counter.Count);

    internal sealed class Counter
    {
        public int Count;
    }
}
