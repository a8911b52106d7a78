using System.Security.Cryptography;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>How the simulated namespace is set up; what is null is taken from <c>topics.json</c>.</summary>
internal sealed record SimulatedServiceBusOptions
{
    /// <summary>The most bytes of one request's body and of one message, as on the Standard tier.</summary>
    public const int StandardMaxBytes = 256 * 1024;

    /// <summary>The same on the Premium tier.</summary>
    public const int PremiumMaxBytes = 1024 * 1024;

    public int MaxBytes { get; init; } = StandardMaxBytes;

    public TimeSpan? DuplicateDetectionWindow { get; init; }

    public TimeSpan? LockDuration { get; init; }

    public int? MaxDeliveryCount { get; init; }

    /// <summary>Whether <see cref="SimulatedSubscription.Messages"/> keeps all that ever arrived; off for long runs under load.</summary>
    public bool KeepHistory { get; init; } = true;

    /// <summary>Decides which requests the random faults hit.</summary>
    public int Seed { get; init; } = 1;

    public string KeyName { get; init; } = "RootManageSharedAccessKey";

    /// <summary>The shared access key; a fresh random one by default.</summary>
    public string Key { get; init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
