using System.Collections.Concurrent;

namespace NotificationHub.LocalBus;

/// <summary>Faults to inject; none by default.</summary>
public sealed class LocalServiceBusFaults
{
    private readonly Random random;
    private readonly ConcurrentQueue<BusFault> script = new();
    private readonly ConcurrentDictionary<string, string> refused = new(StringComparer.OrdinalIgnoreCase);
    private volatile bool isDown;

    internal LocalServiceBusFaults(int seed) => random = new Random(seed);

    /// <summary>Runs when <see cref="Down"/> is set.</summary>
    internal Action? OnDown { get; set; }

    /// <summary>Runs after <see cref="Refuse"/>, with topic and condition.</summary>
    internal Action<string, string>? OnRefused { get; set; }

    /// <summary>Cuts every connection, open or new.</summary>
    public bool Down
    {
        get => isDown;
        set
        {
            isDown = value;
            if (value)
            {
                OnDown?.Invoke();
            }
        }
    }

    /// <summary>Time before each send is processed.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Share of sends (0 to 1) rejected with <see cref="AmqpConditions.ServerBusy"/>.</summary>
    public double BusyShare { get; set; }

    /// <summary>Share of sends (0 to 1) rejected with <see cref="AmqpConditions.InternalError"/>.</summary>
    public double InternalErrorShare { get; set; }

    /// <summary>Share of sends (0 to 1) that are stored, but whose connection is cut before the response.</summary>
    public double LostResponseShare { get; set; }

    /// <summary>If set, rejects every token with the returned response.</summary>
    public Func<string, string>? RefuseTokens { get; set; }

    /// <summary>Rejects a send that contains such a message, with <see cref="AmqpConditions.ArgumentError"/>.</summary>
    public Func<BusMessage, bool>? Poison { get; set; }

    /// <summary>Rejects a send that contains such a message, with <see cref="AmqpConditions.MessageSizeExceeded"/>.</summary>
    public Func<BusMessage, bool>? MessageTooLarge { get; set; }

    /// <summary>
    /// Rejects everything sent to the topic with this AMQP error. <see cref="AmqpConditions.EntityDisabled"/>,
    /// <see cref="AmqpConditions.NotFound"/>, <see cref="AmqpConditions.UnauthorizedAccess"/> and
    /// <see cref="AmqpConditions.DetachForced"/> close the topic's links and reject new ones instead.
    /// </summary>
    public void Refuse(string topic, string condition)
    {
        refused[topic] = condition;
        OnRefused?.Invoke(topic, condition);
    }

    /// <summary>Ends <see cref="Refuse"/>.</summary>
    public void Restore(string topic) => refused.TryRemove(topic, out _);

    /// <summary>Applies these faults to the next sends, one each and in this order, before any random fault.</summary>
    public void Next(params ReadOnlySpan<BusFault> faults)
    {
        foreach (var fault in faults)
        {
            script.Enqueue(fault);
        }
    }

    internal string? Refusal(string topic) => refused.GetValueOrDefault(topic);

    internal BusFault? Take(string topic)
    {
        if (refused.TryGetValue(topic, out var condition))
        {
            return AmqpConditions.ClosesLinks(condition) ? BusFault.Detach(condition) : BusFault.Reject(condition);
        }

        return script.TryDequeue(out var fault) ? fault : TakeRandom();
    }

    private BusFault? TakeRandom()
    {
        double dice;
        lock (random)
        {
            dice = random.NextDouble();
        }

        if (dice < BusyShare)
        {
            return BusFault.Reject(AmqpConditions.ServerBusy);
        }

        dice -= BusyShare;
        if (dice < InternalErrorShare)
        {
            return BusFault.Reject(AmqpConditions.InternalError);
        }

        return dice - InternalErrorShare < LostResponseShare ? BusFault.LostResponse : null;
    }
}

/// <summary>A fault of one send.</summary>
public sealed record BusFault
{
    private BusFault() { }

    /// <summary>The messages are stored, then the connection is cut.</summary>
    public static BusFault LostResponse { get; } = new() { Effect = FaultEffect.LostResponse };

    /// <summary>The connection is cut (TCP reset); nothing is stored.</summary>
    public static BusFault Cut { get; } = new() { Effect = FaultEffect.Cut };

    /// <summary>Nothing is stored, and no response is sent.</summary>
    public static BusFault NoResponse { get; } = new() { Effect = FaultEffect.NoResponse };

    internal FaultEffect Effect { get; private init; }

    internal string Condition { get; private init; } = "";

    internal string? Description { get; private init; }

    /// <summary>The send is rejected with this AMQP error, for example one of <see cref="AmqpConditions"/>.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="description">The error's text; null for a default text.</param>
    public static BusFault Reject(string condition, string? description = null) =>
        new()
        {
            Effect = FaultEffect.Reject,
            Condition = condition,
            Description = description,
        };

    /// <summary>The link is closed with this AMQP error during the send; nothing is stored.</summary>
    public static BusFault Detach(string condition) => new() { Effect = FaultEffect.Detach, Condition = condition };
}

/// <summary>The effect of a fault.</summary>
internal enum FaultEffect
{
    Reject,
    Detach,
    LostResponse,
    Cut,
    NoResponse,
}
