namespace NotificationHub.Storage;

/// <summary>What a refetch target names. Stored as the words of <see cref="RefetchResources"/>.</summary>
internal static class RefetchResources
{
    /// <summary>An asset's counts; key <c>adamId/pricingParam</c>.</summary>
    public const string Asset = "asset";

    /// <summary>An asset's assignments, all or those of the named holders; key <c>adamId/pricingParam</c>.</summary>
    public const string Assignments = "assignments";

    /// <summary>A user; key <c>clientUserId</c>.</summary>
    public const string User = "user";

    /// <summary>A subscription's counts; key <c>adamId</c>.</summary>
    public const string Subscription = "subscription";

    /// <summary>A subscription's assignments; key <c>adamId</c>.</summary>
    public const string SubscriptionAssignments = "subscription-assignments";
}

/// <summary>Asks for one thing to be read from Apple again.</summary>
/// <param name="LocationId">Whose it is.</param>
/// <param name="Resource">One of <see cref="RefetchResources"/>.</param>
/// <param name="Key">The record, in the form its resource states.</param>
/// <param name="Holder">For assignments: <c>serial:S</c> or <c>user:U</c>; null for all holders.</param>
/// <param name="CorrelationId">Apple's <c>eventId</c>, where a notification asked.</param>
/// <param name="Traceparent">The trace of what asked.</param>
internal sealed record RefetchRequest(
    string LocationId,
    string Resource,
    string Key,
    string? Holder = null,
    string? CorrelationId = null,
    string? Traceparent = null
);

/// <summary>Asks for reads. Asking again for a target that still waits only raises its requested generation.</summary>
internal sealed class RefetchTargets(Database database, RefetchTiming timing)
{
    /// <summary>Beyond this many holders a target means the whole asset: one walk is cheaper than the reads.</summary>
    public const int MaxHolders = 8;

    /// <summary>How many shards the locations are spread over; a location's reads run in one place.</summary>
    public const int Shards = 64;

    public static int ShardOf(string locationId)
    {
        // FNV-1a: the same on every replica and in every version, unlike string.GetHashCode.
        var hash = locationId.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);
        return (int)(hash % Shards);
    }

    public async Task RequestAsync(WriteTransaction transaction, IReadOnlyCollection<RefetchRequest> requests, long now)
    {
        foreach (var target in requests.GroupBy(request => (request.LocationId, request.Resource, request.Key)))
        {
            await RequestOneAsync(transaction, [.. target], now);
        }

        if (requests.Count > 0)
        {
            transaction.OnCommit(database.Pulses.TargetsRequested);
        }
    }

    private async Task RequestOneAsync(WriteTransaction transaction, RefetchRequest[] requests, long now)
    {
        var request = requests[^1];
        var known = await transaction.FirstOrDefaultAsync<WaitingTarget>(
            """
            select requested, fetched, holders, first_requested_at FirstRequestedAt, max_wait MaxWait, read_at ReadAt
            from refetch_target
            where location_id = @LocationId and resource = @Resource and key = @Key
            """,
            request
        );
        var next = timing.Request(known, now);
        var holders = TargetHolders.Merge(known is { IsWaiting: true } ? known.Holders : TargetHolders.None, requests);
        await transaction.ExecuteAsync(
            known is null ? Insert : Update,
            new
            {
                request.LocationId,
                request.Resource,
                request.Key,
                request.CorrelationId,
                request.Traceparent,
                Holders = holders,
                next.FirstRequestedAt,
                next.DueAt,
                next.MaxWait,
                now,
            }
        );
    }

    private const string Insert = """
        insert into refetch_target
        (
            location_id, resource, key, requested, fetched, holders, first_requested_at, last_requested_at,
            due_at, max_wait, attempts, correlation_id, traceparent
        )
        values
        (
            @LocationId, @Resource, @Key, 1, 0, @Holders, @FirstRequestedAt, @now,
            @DueAt, @MaxWait, 0, @CorrelationId, @Traceparent
        )
        """;

    // Whose last read failed keeps to its own pause, so that what Apple refuses is not asked for with each notification.
    private const string Update = """
        update refetch_target
        set requested = requested + 1, holders = @Holders, first_requested_at = @FirstRequestedAt, last_requested_at = @now,
            due_at = case when attempts > 0 and due_at > @DueAt then due_at else @DueAt end, max_wait = @MaxWait,
            correlation_id = @CorrelationId, traceparent = @Traceparent
        where location_id = @LocationId and resource = @Resource and key = @Key
        """;
}

/// <summary>A target as it stands when it is asked for again.</summary>
internal sealed record WaitingTarget
{
    public long Requested { get; init; }

    public long Fetched { get; init; }

    public string? Holders { get; init; }

    public long FirstRequestedAt { get; init; }

    public long MaxWait { get; init; }

    public long? ReadAt { get; init; }

    public bool IsWaiting => Requested > Fetched;
}
