using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple;

/// <summary>Normal behavior; <see cref="Faults.SimulatedAppleFaults"/> adds faults.</summary>
internal sealed class SimulatedAppleOptions
{
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The seed of every random choice: IDs, duplicates, order, random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Records on a page of assets, assignments, users and subscriptions.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Whether requests of a location above <see cref="RequestsPerSecond"/> get 429.</summary>
    public bool EnforceRate { get; init; } = true;

    /// <summary>Apple's <c>maxRequestPerSecond</c>, for each location.</summary>
    public int RequestsPerSecond { get; init; } = 15;

    /// <summary>How long an accepted asynchronous event stays PENDING before it is processed.</summary>
    public TimeSpan EventDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The notification types that Client Config accepts and Service Config lists.</summary>
    public IReadOnlyList<string> NotificationTypes { get; init; } = Apple.NotificationTypes.All;

    public SimulatedDeliveryOptions Delivery { get; init; } = new();
}
