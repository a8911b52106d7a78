using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>The operation tracking passes of one hub, with the lease if the hub holds it.</summary>
internal sealed class OperationPasses
{
    private readonly Lease? lease;
    private readonly CompletionPass completion;
    private readonly EventStatusPoller poller;
    private readonly OperationPruning pruning;

    public OperationPasses(
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
        var failures = new PollFailurePolicy(events, time, NullLogger<PollFailurePolicy>.Instance);
        var poll = new EventStatusPoll(database, failures, events, metrics, time);
        this.lease = lease;
        completion = new CompletionPass(database, events, time);
        poller = new EventStatusPoller(database, poll, sessions, time, NullLogger<EventStatusPoller>.Instance);
        Clock = new TrustedClock(database, time, NullLogger<TrustedClock>.Instance);
        pruning = new OperationPruning(database, options, Clock);
    }

    public TrustedClock Clock { get; }

    public bool HasLease => lease is not null;

    public async Task RunAsync()
    {
        await completion.CompleteDueAsync(lease!, CancellationToken.None);
        await poller.PollDueAsync(lease!, CancellationToken.None);
    }

    public OperationWorker CreateWorker(Database database, LeaseKeeper leases, TimeProvider time) =>
        new(completion, poller, pruning, database.Signals, leases, time, NullLogger<OperationWorker>.Instance);

    public Task<int> PruneAsync() => pruning.PruneAsync(lease!, CancellationToken.None);
}
