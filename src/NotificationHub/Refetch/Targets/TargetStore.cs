using System.Data.Common;
using Dapper;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>
/// The statements over <c>refetch_target</c> of the side that reads. Claiming writes nothing: a location is read in one
/// place, and what was claimed is what was seen.
/// </summary>
internal sealed class TargetStore(RefetchTiming timing)
{
    private const int ClaimLimit = 1000;

    /// <summary>So many records of a kind that were asked for within a quiet period are a burst.</summary>
    private const int Burst = 8;

    private const string Select = """
        select location_id LocationId, resource KindName, "key", requested, fetched, holders, max_wait MaxWait, attempts,
            complete_read_at CompleteReadAt, expects, rereads, first_requested_at FirstRequestedAt, doubted_number DoubtedNumber,
            doubted_at DoubtedAt, correlation_id CorrelationId, traceparent
        from refetch_target
        """;

    public bool IsBusy(ClaimedTarget target) => timing.IsBusy(target.MaxWait);

    /// <summary>The location's targets that are due, in the order in which they fell due.</summary>
    public static async Task<IReadOnlyList<ClaimedTarget>> ReadDueAsync(
        DbConnection connection,
        string locationId,
        long now
    ) =>
        (
            await connection.QueryAsync<ClaimedTarget>(
                $"""
                {Select}
                where location_id = @locationId and {connection.IsPending("refetch_target")} and due_at <= @now
                order by due_at, resource, "key"
                {connection.Limit("@ClaimLimit")}
                """,
                new
                {
                    locationId,
                    now,
                    ClaimLimit,
                }
            )
        ).AsList();

    /// <summary>
    /// While a burst goes on what is due for the first time waits for its end, as long as it may: one read of all answers then what
    /// several would on the way.
    /// </summary>
    /// <returns>How many wait on.</returns>
    public async Task<int> AwaitBurstAsync(WriteTransaction transaction, string locationId, long now)
    {
        var (askedAfter, until, most) = timing.InBurst(now);
        var asked = await transaction.QueryAsync<long>(
            """
            select count(*)
            from refetch_target
            where location_id = @locationId and requested > fetched and last_requested_at > @askedAfter
            group by resource
            """,
            new { locationId, askedAfter }
        );
        return asked.All(count => count < Burst)
            ? 0
            : await transaction.ExecuteAsync(
                """
                update refetch_target
                set due_at = case when first_requested_at + max_wait < @until then first_requested_at + max_wait else @until end
                where location_id = @locationId and requested > fetched and attempts = 0
                    and due_at <= @now and max_wait <= @most and first_requested_at + max_wait > @now
                """,
                new
                {
                    locationId,
                    now,
                    until,
                    most,
                }
            );
    }

    /// <summary>The location's targets of these resources that wait, due or not; those that failed keep to their pause.</summary>
    public static async Task<IReadOnlyList<ClaimedTarget>> ReadPendingAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyCollection<RecordKind> kinds
    ) =>
        (
            await connection.QueryAsync<ClaimedTarget>(
                $"""
                {Select}
                where location_id = @locationId and {connection.IsPending(
                    "refetch_target"
                )} and attempts = 0 and resource in @kinds
                order by due_at, resource, "key"
                {connection.Limit("@ClaimLimit")}
                """,
                new
                {
                    locationId,
                    kinds = kinds.Select(kind => kind.Name).ToList().InList(),
                    ClaimLimit,
                }
            )
        ).AsList();

    /// <summary>Notes that the read is done; a target that was asked for meanwhile is due again.</summary>
    /// <param name="complete">Everything under the target was read, so that from now on what is new is new at Apple.</param>
    public async Task CompleteAsync(WriteTransaction transaction, ClaimedTarget target, bool complete, long now)
    {
        var again = timing.AskedMeanwhile(target.MaxWait, now);
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
            where location_id = @LocationId and resource = @KindName and "key" = @Key
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                target.Requested,
                now,
                complete,
                again.MaxWait,
                again.DueAt,
            }
        );
    }

    /// <summary>Has a target read once more that is not asked for meanwhile, with the counts that go with it: its read may have lagged.</summary>
    public Task ReadAgainAsync(WriteTransaction transaction, ClaimedTarget target, long now)
    {
        // A notification that arrives earlier must not advance the read.
        var again = timing.AskedMeanwhile(target.MaxWait, now);
        return transaction.ExecuteAsync(
            """
            update refetch_target
            set requested = requested + 1, first_requested_at = @now, due_at = @dueAt, max_wait = @MaxWait,
                expects = case when resource = @KindName then @Expects else expects end,
                holders = case when resource = @KindName then @Holders else holders end,
                rereads = case when resource = @KindName then 1 else rereads end
            where location_id = @LocationId and resource in (@KindName, @counts) and "key" = @Key and requested <= fetched
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                target.Expects,
                Holders = TargetHolders.ReadAgain(target),
                counts = (target.Kind.CountedBy ?? target.Kind).Name,
                now,
                again.MaxWait,
                dueAt = Math.Max(again.DueAt, now + (long)timing.StaleReadDelay.TotalMilliseconds),
            }
        );
    }

    /// <summary>Leaves a target waiting after a walk that cannot show what is gone; it is walked again later.</summary>
    public Task WalkAgainAsync(WriteTransaction transaction, ClaimedTarget target, long now)
    {
        var again = timing.AskedMeanwhile(target.MaxWait, now);
        return transaction.ExecuteAsync(
            """
            update refetch_target
            set attempts = @Attempts, last_error = 'records changed while they were read', read_at = @now,
                first_requested_at = @now, max_wait = @MaxWait, due_at = @DueAt
            where location_id = @LocationId and resource = @KindName and "key" = @Key
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                Attempts = target.Attempts + 1,
                now,
                again.MaxWait,
                again.DueAt,
            }
        );
    }

    /// <summary>Sets the remaining holders of a target, unless it was requested again meanwhile.</summary>
    public static Task SetHoldersAsync(
        WriteTransaction transaction,
        ClaimedTarget target,
        IReadOnlyList<string> holders
    ) =>
        transaction.ExecuteAsync(
            """
            update refetch_target
            set holders = @holders
            where location_id = @LocationId and resource = @KindName and "key" = @Key and requested = @Requested
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                target.Requested,
                holders = TargetHolders.Serialize(holders),
            }
        );

    /// <summary>Keeps a target waiting for a second read after a read that lacked too many records.</summary>
    public Task DoubtAsync(WriteTransaction transaction, ClaimedTarget target, RemovalAssessment judgment, long now) =>
        transaction.ExecuteAsync(
            """
            update refetch_target
            set attempts = @Attempts, last_error = @reason, read_at = @now, due_at = @dueAt,
                doubted_number = case when doubted_number is null or doubted_number = @DoubtedNumber then @Number else doubted_number end,
                doubted_at = @At
            where location_id = @LocationId and resource = @KindName and "key" = @Key
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                Attempts = target.Attempts + 1,
                reason = judgment.Reason,
                now,
                // Of a target's holders the first one that was doubted in this turn counts: what another one returned is of a later number.
                target.DoubtedNumber,
                judgment.Doubt!.Number,
                judgment.Doubt.At,
                dueAt = judgment.Doubt.At + (long)timing.StaleReadDelay.TotalMilliseconds,
            }
        );

    /// <summary>Records a failed try. A target that was requested again during the read is due as requested.</summary>
    /// <param name="fault">What went wrong, in the words of <see cref="ErrorCode"/>.</param>
    public static Task FailAsync(WriteTransaction transaction, ClaimedTarget target, string fault, long dueAt) =>
        transaction.ExecuteAsync(
            """
            update refetch_target
            set attempts = @Attempts, last_error = @fault,
                due_at = case when requested > @Requested and due_at < @dueAt then due_at else @dueAt end
            where location_id = @LocationId and resource = @KindName and "key" = @Key
            """,
            new
            {
                target.LocationId,
                target.KindName,
                target.Key,
                target.Requested,
                Attempts = target.Attempts + 1,
                fault,
                dueAt,
            }
        );
}
