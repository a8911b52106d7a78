using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple;

/// <summary>How the simulated Apple behaves when it is well; <see cref="Faults.SimulatedAppleFaults"/> says how it misbehaves.</summary>
internal sealed class SimulatedAppleOptions
{
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The seed of every random choice: ids, duplicates, order, random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Records on a page of assets, assignments, users and subscriptions.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Whether more than <see cref="RequestsPerSecond"/> requests of a location are answered 429.</summary>
    public bool EnforceRate { get; init; } = true;

    /// <summary>Apple's <c>maxRequestPerSecond</c>, for each location.</summary>
    public int RequestsPerSecond { get; init; } = 15;

    /// <summary>The time between accepting an asynchronous event and working on it; its status is PENDING meanwhile.</summary>
    public TimeSpan EventDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The notification types that Client Config accepts and Service Config lists.</summary>
    public IReadOnlyList<string> NotificationTypes { get; init; } = Apple.NotificationTypes.All;

    public SimulatedDeliveryOptions Delivery { get; init; } = new();
}
