using System.Net.Security;

namespace NotificationHub.Simulator.Apple;

/// <summary>Normal behavior; <see cref="Faults.SimulatedAppleFaults"/> adds faults.</summary>
internal sealed class SimulatedAppleOptions
{
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The seed of every random choice: IDs, duplicates, order, random faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The port; 0 means any free port.</summary>
    public int Port { get; init; }

    /// <summary>Whether to listen on all addresses, and to send notifications over plain http to any host.</summary>
    public bool AnyAddress { get; init; }

    /// <summary>Records on a page of assets, assignments, users and subscriptions.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Whether requests of a location above <see cref="RequestsPerSecond"/> get 429.</summary>
    public bool EnforceRate { get; init; } = true;

    /// <summary>Apple's <c>maxRequestPerSecond</c>, for each location.</summary>
    public int RequestsPerSecond { get; init; } = 15;

    /// <summary>How long an accepted asynchronous event stays PENDING before it is processed.</summary>
    public TimeSpan EventDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The time between two batches of an event, during which Event Status reports its progress.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.Zero;

    /// <summary>How often subscriptions renew and expire; null: only on request.</summary>
    public TimeSpan? BillingPeriod { get; init; }

    // Apple's error is not known; this one is documented for accounts that lack a permission.
    /// <summary>The error of a write with a read-only token.</summary>
    public int ReadOnlyTokenError { get; init; } = AppleErrors.FacilitatorNotAllowed;

    /// <summary>The notification types that Client Config accepts and Service Config lists.</summary>
    public IReadOnlyList<string> NotificationTypes { get; init; } = Apple.NotificationTypes.All;

    /// <summary>Whether requests and notifications are recorded, and not only counted.</summary>
    public bool KeepHistory { get; init; } = true;

    public SimulatedDeliveryOptions Delivery { get; init; } = new();
}

internal sealed class SimulatedDeliveryOptions
{
    /// <summary>Delays before the second and third attempt. Apple makes three attempts within 1–5 minutes.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3)];

    /// <summary>Divides the retry delays and <see cref="SpreadOver"/>: 60 turns a minute into a second.</summary>
    public double DeliverySpeed { get; init; } = 1;

    /// <summary>The time over which one event's notifications are spread (observed at Apple: about 5 minutes).</summary>
    public TimeSpan SpreadOver { get; init; } = TimeSpan.Zero;

    /// <summary>The share of notifications that are delivered twice, 0 to 1.</summary>
    public double DuplicateFraction { get; init; }

    /// <summary>How many positions a notification may move within its event; 0 keeps the order.</summary>
    public int ReorderWindow { get; init; }

    /// <summary>Maximum number of parallel connections to the receivers.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>Time limit for a response; after it, the attempt has failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Verifies the receiver's certificate; null: the machine's trusted authorities decide.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }
}
