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
    private readonly CountPass counts;
    private readonly StatusPass statuses;
    private readonly LedgerPruning pruning;

    public Ledger(
        Database database,
        LocationSessions sessions,
        IOptions<OperationsOptions> options,
        TimeProvider time,
        Lease? lease
    )
    {
        var faults = new InquiryFaults(time, NullLogger<InquiryFaults>.Instance);
        var inquiry = new StatusInquiry(database, faults, time);
        this.lease = lease;
        counts = new CountPass(database, time);
        statuses = new StatusPass(database, inquiry, sessions, time, NullLogger<StatusPass>.Instance);
        Clock = new TrustedClock(database, time, NullLogger<TrustedClock>.Instance);
        pruning = new LedgerPruning(database, options, Clock);
    }

    public TrustedClock Clock { get; }

    public bool HasLease => lease is not null;

    public async Task LookAsync()
    {
        await counts.CountDueAsync(lease!, CancellationToken.None);
        await statuses.AskDueAsync(lease!, CancellationToken.None);
    }

    /// <summary>The worker that runs these passes in a hub.</summary>
    public LedgerWorker Worker(Database database, LeaseKeeper leases, TimeProvider time) =>
        new(counts, statuses, pruning, database.Pulses, leases, time, NullLogger<LedgerWorker>.Instance);

    public Task<int> PruneAsync() => pruning.PruneAsync(lease!, CancellationToken.None);
}
