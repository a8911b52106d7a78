using System.Collections.Concurrent;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>What goes wrong on the bus, until it is set right again. Everything works at first.</summary>
internal sealed class SimulatedServiceBusFaults(int seed)
{
    private readonly Random random = new(seed);
    private readonly ConcurrentQueue<ServiceBusFault> script = new();
    private readonly ConcurrentDictionary<string, int> refusing = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Cuts every connection at its first request.</summary>
    public bool Down { get; set; }

    /// <summary>How long each answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The share of sends (0 to 1) answered 429.</summary>
    public double ThrottledShare { get; set; }

    /// <summary>The share of sends (0 to 1) answered 503.</summary>
    public double UnavailableShare { get; set; }

    /// <summary>The share of sends (0 to 1) that are stored, but whose answer is lost.</summary>
    public double LostAnswerShare { get; set; }

    /// <summary>Sent with the random 429 and 503; null: no such header.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>A batch that holds a message of this kind is answered 400.</summary>
    public Func<BusMessage, bool>? Poison { get; set; }

    /// <summary>Answers everything that is sent to the topic with this status.</summary>
    public void Refuse(string topic, int status) => refusing[topic] = status;

    /// <summary>Ends <see cref="Refuse"/>.</summary>
    public void Restore(string topic) => refusing.TryRemove(topic, out _);

    /// <summary>Hits the next sends, one each and in this order, before any random fault.</summary>
    public void Next(params ReadOnlySpan<ServiceBusFault> faults)
    {
        foreach (var fault in faults)
        {
            script.Enqueue(fault);
        }
    }

    internal ServiceBusFault? Take(string topic)
    {
        if (refusing.TryGetValue(topic, out var status))
        {
            return ServiceBusFault.Answer(status);
        }

        return script.TryDequeue(out var fault) ? fault : TakeRandom();
    }

    private ServiceBusFault? TakeRandom()
    {
        double dice;
        lock (random)
        {
            dice = random.NextDouble();
        }

        if (dice < ThrottledShare)
        {
            return ServiceBusFault.Answer(429, RetryAfter);
        }

        dice -= ThrottledShare;
        if (dice < UnavailableShare)
        {
            return ServiceBusFault.Answer(503, RetryAfter);
        }

        return dice - UnavailableShare < LostAnswerShare ? ServiceBusFault.LostAnswer : null;
    }
}

/// <summary>What goes wrong with one send.</summary>
internal sealed record ServiceBusFault
{
    private ServiceBusFault() { }

    /// <summary>The messages are stored, then the connection is cut.</summary>
    public static ServiceBusFault LostAnswer { get; } = new() { Stores = true };

    /// <summary>The connection is cut; nothing is stored.</summary>
    public static ServiceBusFault Cut { get; } = new();

    public bool Stores { get; private init; }

    public int? Status { get; private init; }

    public string? RetryAfter { get; private init; }

    /// <summary>Nothing is stored, and this is the answer.</summary>
    public static ServiceBusFault Answer(int status, TimeSpan? retryAfter = null) =>
        Answer(status, retryAfter is { } time ? ((long)Math.Ceiling(time.TotalSeconds)).ToString() : null);

    /// <summary>The same with the header's own text, such as an HTTP date.</summary>
    public static ServiceBusFault Answer(int status, string? retryAfter) =>
        new() { Status = status, RetryAfter = retryAfter };
}
