using System.Data.Common;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

// A claim writes nothing, because one replica at a time reads a location.
internal sealed class TargetStore(RefetchTiming timing)
{
    private const int ClaimLimit = 1000;

    /// <summary>The number of records of a kind, requested within the quiet period, that counts as a burst.</summary>
    private const int BurstSize = 8;

    private const string Select = """
        select location_id LocationId, kind KindName, "key", requested, fetched, holders, max_wait MaxWait, attempts,
            complete_read_at CompleteReadAt, expects, rereads, first_requested_at FirstRequestedAt, doubted_number DoubtedNumber,
            doubted_at DoubtedAt, correlation_id CorrelationId, traceparent
        from refetch_target
        """;

    public bool IsBusy(StoredTarget target) => timing.IsBusy(target.MaxWait);

    public static Task<IReadOnlyList<StoredTarget>> ReadDueAsync(
        DbConnection connection,
        string locationId,
        DateTimeOffset now
    ) =>
        connection.ListAsync<StoredTarget>(
            $"""
            {Select}
            where location_id = @locationId and {connection.IsPending("refetch_target")} and due_at <= @now
            order by due_at, kind, "key"
            {connection.Limit(ClaimLimit)}
            """,
            new { locationId, now }
        );

    /// <summary>Postpones first-time targets during a burst, because one read may satisfy them all at its end.</summary>
    public async Task<int> PostponeInBurstAsync(WriteTransaction transaction, string locationId, DateTimeOffset now)
    {
        var (requestedAfter, until, maxWait) = timing.InBurst(now);
        var requested = await transaction.QueryAsync<long>(
            """
            select count(*)
            from refetch_target
            where location_id = @locationId and requested > fetched and last_requested_at > @requestedAfter
            group by kind
            """,
            new { locationId, requestedAfter }
        );
        return requested.All(count => count < BurstSize)
            ? 0
            : await transaction.ExecuteAsync(
                """
                update refetch_target
                set due_at = case when first_requested_at + max_wait < @until then first_requested_at + max_wait else @until end
                where location_id = @locationId and requested > fetched and attempts = 0
                    and due_at <= @now and max_wait <= @maxWait and first_requested_at + max_wait > @now
                """,
                new
                {
                    locationId,
                    now,
                    until,
                    maxWait,
                }
            );
    }

    /// <returns>The pending targets of the kinds, due or not, except those that wait for a retry.</returns>
    public static Task<IReadOnlyList<StoredTarget>> ReadPendingAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyCollection<RecordKind> kinds
    ) =>
        connection.ListAsync<StoredTarget>(
            $"""
                {Select}
                where location_id = @locationId and {connection.IsPending(
                    "refetch_target"
                )} and attempts = 0 and kind in @kinds
                order by due_at, kind, "key"
                {connection.Limit(ClaimLimit)}
                """,
            new { locationId, kinds = kinds.Select(kind => kind.Name).ToList().InList() }
        );

    /// <param name="complete">Whether all records of the target were read.</param>
    public async Task CompleteAsync(
        WriteTransaction transaction,
        StoredTarget target,
        bool complete,
        DateTimeOffset now
    )
    {
        var again = timing.RequestDuringRead(target.MaxWait, now);
        await transaction.ExecuteAsync(
            """
            update refetch_target
            set fetched = @Requested, attempts = 0, last_error = null, read_at = @now, rereads = 0,
                doubted_number = null, doubted_at = null,
                expects = case when requested > @Requested then expects end,
                complete_read_at = case when @complete = 1 then @now else complete_read_at end,
                first_requested_at = case when requested > @Requested then @now else first_requested_at end,
                max_wait = case when requested > @Requested then @MaxWait else max_wait end,
                due_at = case when requested > @Requested then @DueAt else due_at end
            where location_id = @LocationId and kind = @KindName and "key" = @Key
            """,
            target,
            new
            {
                now,
                complete,
                again.MaxWait,
                again.DueAt,
            }
        );
    }

    /// <summary>Requests a completed target again, and its count, because the read may have been stale.</summary>
    public Task RequestAgainAsync(WriteTransaction transaction, StoredTarget target, DateTimeOffset now)
    {
        // A notification that arrives earlier must not advance the read.
        var again = timing.RequestDuringRead(target.MaxWait, now);
        return transaction.ExecuteAsync(
            """
            update refetch_target
            set requested = requested + 1, first_requested_at = @now, due_at = @DueAt, max_wait = @MaxWait,
                expects = case when kind = @KindName then @Expects else expects end,
                holders = case when kind = @KindName then @Holders else holders end,
                rereads = case when kind = @KindName then 1 else rereads end
            where location_id = @LocationId and kind in (@KindName, @counts) and "key" = @Key and requested <= fetched
            """,
            target,
            new
            {
                Holders = TargetHolders.ForSecondRead(target),
                counts = (target.Kind.CountedBy ?? target.Kind).Name,
                now,
                again.MaxWait,
                DueAt = StoredTime.Later(again.DueAt, now + timing.StaleReadDelay),
            }
        );
    }

    public Task RepeatAsync(WriteTransaction transaction, StoredTarget target, DateTimeOffset now)
    {
        var again = timing.RequestDuringRead(target.MaxWait, now);
        return transaction.ExecuteAsync(
            """
            update refetch_target
            set attempts = @Attempts + 1, last_error = 'records changed while they were read', read_at = @now,
                first_requested_at = @now, max_wait = @MaxWait, due_at = @DueAt
            where location_id = @LocationId and kind = @KindName and "key" = @Key
            """,
            target,
            new
            {
                now,
                again.MaxWait,
                again.DueAt,
            }
        );
    }

    /// <summary>Sets the unread holders of a target, unless it was requested again since the claim.</summary>
    public static Task SetHoldersAsync(
        WriteTransaction transaction,
        StoredTarget target,
        IReadOnlyList<string> holders
    ) =>
        transaction.ExecuteAsync(
            """
            update refetch_target
            set holders = @Holders
            where location_id = @LocationId and kind = @KindName and "key" = @Key and requested = @Requested
            """,
            target with
            {
                Holders = TargetHolders.Serialize(holders),
            }
        );

    /// <summary>Schedules a second read after a read that lacked too many records.</summary>
    public Task DoubtAsync(
        WriteTransaction transaction,
        StoredTarget target,
        RemovalAssessment assessment,
        DateTimeOffset now
    ) =>
        transaction.ExecuteAsync(
            // If several holders are doubted in this slot, the first one counts: the others have later read numbers.
            """
            update refetch_target
            set attempts = @Attempts + 1, last_error = @Reason, read_at = @now, due_at = @DueAt,
                doubted_number = case when doubted_number is null or doubted_number = @DoubtedNumber then @Number else doubted_number end,
                doubted_at = @At
            where location_id = @LocationId and kind = @KindName and "key" = @Key
            """,
            target,
            new
            {
                now,
                assessment.Reason,
                assessment.Doubt!.Number,
                assessment.Doubt.At,
                DueAt = assessment.Doubt.At + timing.StaleReadDelay,
            }
        );

    /// <summary>Records a failed attempt. A target that was requested again during the read is due as requested.</summary>
    public static Task FailAsync(
        WriteTransaction transaction,
        StoredTarget target,
        string error,
        DateTimeOffset dueAt
    ) =>
        transaction.ExecuteAsync(
            """
            update refetch_target
            set attempts = @Attempts + 1, last_error = @error,
                due_at = case when requested > @Requested and due_at < @DueAt then due_at else @DueAt end
            where location_id = @LocationId and kind = @KindName and "key" = @Key
            """,
            target,
            new { error, DueAt = dueAt }
        );
}

internal sealed record StoredTarget
{
    public required string LocationId { get; init; }

    public required string KindName { get; init; }

    public RecordKind Kind => RecordKind.FromName(KindName);

    public required string Key { get; init; }

    public required long Requested { get; init; }

    public long Fetched { get; init; }

    /// <summary>For assignments: a JSON array, null for all holders.</summary>
    public string? Holders { get; init; }

    public TimeSpan MaxWait { get; init; }

    public DateTimeOffset DueAt { get; init; }

    public string? Expects { get; init; }

    public long Rereads { get; init; }

    public DateTimeOffset FirstRequestedAt { get; init; }

    public DateTimeOffset? ReadAt { get; init; }

    public long Attempts { get; init; }

    public DateTimeOffset? CompleteReadAt { get; init; }

    /// <summary>The first read number of the last, unconfirmed read with a mass removal.</summary>
    public long? DoubtedNumber { get; init; }

    public DateTimeOffset? DoubtedAt { get; init; }

    public RemovalDoubt? Doubt => RemovalDoubt.Create(DoubtedNumber, DoubtedAt);

    public string? CorrelationId { get; init; }

    public string? Traceparent { get; init; }

    public bool IsPending => Requested > Fetched;

    /// <summary>Whether the target waits for a retry that is later than a request would make it due.</summary>
    public bool IsDelayed => IsPending && DueAt > FirstRequestedAt + MaxWait;
}
