using System.Net;
using System.Security.Cryptography;

namespace NotificationHub.LocalBus;

/// <summary>Settings of a local Service Bus namespace. Null means the value in the topology.</summary>
public sealed record LocalServiceBusOptions
{
    /// <summary>Largest message or batch of the Standard tier, in bytes.</summary>
    public const int StandardMaxBytes = 256 * 1024;

    /// <summary>Largest message or batch of the Premium tier, in bytes.</summary>
    public const int PremiumMaxBytes = 1024 * 1024;

    /// <summary>Address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on; 0: any free port.</summary>
    public int Port { get; init; }

    /// <summary>Topics, subscriptions and rules; by default the hub's <c>topics.json</c>.</summary>
    public Topology? Topology { get; init; }

    /// <summary>Largest message or batch, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = StandardMaxBytes;

    /// <summary>Size at which a topic is full, in bytes. A full topic rejects sends (quota exceeded).</summary>
    public long MaxTopicBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long a topic remembers message IDs.</summary>
    public TimeSpan? DuplicateDetectionWindow { get; init; }

    /// <summary>How long a receiver holds a message or a session.</summary>
    public TimeSpan? LockDuration { get; init; }

    /// <summary>Deliveries before a message becomes a dead letter.</summary>
    public int? MaxDeliveryCount { get; init; }

    /// <summary>Whether <see cref="LocalSubscription.Messages"/> and <see cref="LocalTopic.Sends"/> record everything; disable for long runs under load.</summary>
    public bool KeepHistory { get; init; } = true;

    /// <summary>Seed of the random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Name of the shared access key.</summary>
    public string KeyName { get; init; } = "RootManageSharedAccessKey";

    /// <summary>The shared access key; by default a new random one.</summary>
    public string Key { get; init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Clock of locks, schedules, expirations and duplicate detection. Tokens use the system clock, as the SDKs do.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The settings without the key.</summary>
    public override string ToString() => $"{nameof(LocalServiceBusOptions)} {{ Address = {Address}, Port = {Port} }}";
}
