using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>One hub's passes over the ledger, and its lease, if it has it.</summary>
internal sealed class Ledger
{
    private readonly Lease? lease;
    private readonly CompletionPass counts;
    private readonly EventStatusPoller statuses;
    private readonly OperationPruning pruning;

    public Ledger(
        Database database,
        LocationSessions sessions,
        IOptions<OperationTrackingOptions> options,
        TimeProvider time,
        IMeterFactory meters,
        Lease? lease
    )
    {
        var metrics = new OperationMetrics(meters);
        var events = new OperationEvents(metrics);
        var faults = new PollFailurePolicy(events, time, NullLogger<PollFailurePolicy>.Instance);
        var inquiry = new EventStatusPoll(database, faults, events, metrics, time);
        this.lease = lease;
        counts = new CompletionPass(database, events, time);
        statuses = new EventStatusPoller(database, inquiry, sessions, time, NullLogger<EventStatusPoller>.Instance);
        Clock = new TrustedClock(database, time, NullLogger<TrustedClock>.Instance);
        pruning = new OperationPruning(database, options, Clock);
    }

    public TrustedClock Clock { get; }

    public bool HasLease => lease is not null;

    public async Task LookAsync()
    {
        await counts.CompleteDueAsync(lease!, CancellationToken.None);
        await statuses.PollDueAsync(lease!, CancellationToken.None);
    }

    /// <summary>The worker that runs these passes in a hub.</summary>
    public OperationWorker Worker(Database database, LeaseKeeper leases, TimeProvider time) =>
        new(counts, statuses, pruning, database.Signals, leases, time, NullLogger<OperationWorker>.Instance);

    public Task<int> PruneAsync() => pruning.PruneAsync(lease!, CancellationToken.None);
}
