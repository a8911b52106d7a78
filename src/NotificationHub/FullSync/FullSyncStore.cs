using System.Data.Common;
using Dapper;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

internal static class FullSyncStore
{
    private const string Select = """
        select location_id LocationId, kind KindName, purpose, phase, due_at DueAt, owner, page_token PageToken, first_version FirstVersion,
            since_version SinceVersion, start_number StartNumber, undisturbed IsUndisturbed, restarts, pages, total_pages TotalPages, records, drifts,
            attempts, last_error LastError, started_at StartedAt, finished_at FinishedAt, imported_at ImportedAt,
            known_records KnownRecords, complete_at CompleteAt, refused_at RefusedAt, restate_from RestateFrom,
            doubted_number DoubtedNumber, doubted_at DoubtedAt, created_at CreatedAt
        from full_sync
        """;

    /// <returns>The location's full syncs in the order of the import; none before it begins.</returns>
    public static Task<IReadOnlyList<FullSyncState>> ReadAsync(DbConnection connection, string locationId) =>
        ReadAsync(connection, [locationId]);

    public static async Task<IReadOnlyList<FullSyncState>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        InOrder(
            await locationIds.InPartsAsync(part =>
                connection.QueryAsync<FullSyncState>(
                    $"{Select} where location_id in @locationIds",
                    new { locationIds = part.InList() }
                )
            )
        );

    /// <summary>Begins an import: the first kind is due now, each other kind after the previous one.</summary>
    public static async Task<IReadOnlyList<FullSyncState>> CreateAsync(
        WriteTransaction transaction,
        string locationId,
        DateTimeOffset now
    )
    {
        var restateFrom = await transaction.ScalarAsync<long?>(
            "select restate_from from location where location_id = @locationId",
            new { locationId }
        );
        var fullSyncs = RecordKind
            .All.Select(
                (kind, index) =>
                    new FullSyncState
                    {
                        LocationId = locationId,
                        KindName = kind.Name,
                        Purpose = FullSyncPurposes.Import,
                        Phase = FullSyncPhases.Waiting,
                        DueAt = index == 0 ? now : null,
                        RestateFrom = restateFrom,
                        CreatedAt = now,
                    }
            )
            .ToList();
        await transaction.ExecuteAsync(
            """
            insert into full_sync
                (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, restate_from, created_at)
            values (@LocationId, @KindName, @Purpose, @Phase, @DueAt, @IsUndisturbed, 0, 0, 0, 0, 0, @RestateFrom, @CreatedAt)
            """,
            fullSyncs
        );
        return fullSyncs;
    }

    public static Task SetCompleteAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            "update full_sync set complete_at = @FinishedAt where location_id = @LocationId and kind = @KindName",
            fullSync
        );

    // Drifts and the end of a complete read are saved when they occur.
    public static Task SaveAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            """
            update full_sync
            set purpose = @Purpose, phase = @Phase, due_at = @DueAt, owner = @Owner, page_token = @PageToken,
                first_version = @FirstVersion, since_version = @SinceVersion, start_number = @StartNumber, undisturbed = @IsUndisturbed,
                restarts = @Restarts, pages = @Pages, total_pages = @TotalPages, records = @Records, attempts = @Attempts,
                last_error = @LastError, started_at = @StartedAt, finished_at = @FinishedAt, imported_at = @ImportedAt,
                known_records = @KnownRecords, refused_at = @RefusedAt, restate_from = @RestateFrom,
                doubted_number = @DoubtedNumber, doubted_at = @DoubtedAt
            where location_id = @LocationId and kind = @KindName
            """,
            fullSync
        );

    public static Task ResetDriftsAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            "update full_sync set drifts = 0 where location_id = @LocationId and kind = @KindName",
            fullSync
        );

    /// <summary>Delays all full syncs of the location, because they share its rate.</summary>
    public static Task DelayAsync(WriteTransaction transaction, string locationId, DateTimeOffset until) =>
        transaction.ExecuteAsync(
            "update full_sync set due_at = @until where location_id = @locationId and due_at < @until",
            new { locationId, until }
        );

    /// <summary>Makes the imported and refused kinds due now. Users are read completely.</summary>
    public static Task<int> RequestAsync(
        WriteTransaction transaction,
        string locationId,
        IReadOnlyCollection<string> kinds,
        DateTimeOffset now
    ) =>
        transaction.ExecuteAsync(
            """
            update full_sync
            set due_at = case when due_at < @now then due_at else @now end, complete_at = null
            where location_id = @locationId and kind in @kinds
                and (imported_at is not null or refused_at is not null)
            """,
            new
            {
                locationId,
                kinds = kinds.InList(),
                now,
            }
        );

    private static List<FullSyncState> InOrder(IEnumerable<FullSyncState> fullSyncs)
    {
        List<string> order = [.. RecordKind.All.Select(kind => kind.Name)];
        return
        [
            .. fullSyncs
                .OrderBy(fullSync => fullSync.LocationId, StringComparer.Ordinal)
                .ThenBy(fullSync => order.IndexOf(fullSync.KindName)),
        ];
    }
}

internal sealed record FullSyncPage(long Number, string PageToken);

internal static class FullSyncPages
{
    /// <summary>Finds the pages that were read with the token, or under one of the read numbers.</summary>
    // The others stay in the database: a million records have thousands of pages.
    public static Task<IReadOnlyList<FullSyncPage>> FindAsync(
        WriteTransaction transaction,
        FullSyncState fullSync,
        string? pageToken,
        IReadOnlyCollection<long> numbers
    ) =>
        transaction.QueryAsync<FullSyncPage>(
            """
            select number, page_token PageToken
            from full_sync_page
            where location_id = @LocationId and kind = @KindName and (page_token = @pageToken or number in @numbers)
            """,
            new
            {
                fullSync.LocationId,
                fullSync.KindName,
                pageToken,
                numbers = numbers.InList(),
            }
        );

    public static Task AddAsync(WriteTransaction transaction, FullSyncState fullSync, long number) =>
        transaction.ExecuteAsync(
            "insert into full_sync_page (location_id, kind, number, page_token) values (@LocationId, @KindName, @number, @PageToken)",
            new
            {
                fullSync.LocationId,
                fullSync.KindName,
                number,
                PageToken = fullSync.PageToken ?? "",
            }
        );

    public static Task DeleteAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            "delete from full_sync_page where location_id = @LocationId and kind = @KindName",
            fullSync
        );
}
