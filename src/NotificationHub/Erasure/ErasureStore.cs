using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>The values of <c>erasure.phase</c>, in order.</summary>
internal static class ErasurePhases
{
    // Further identifiers are collected first, because they could not be found after the redaction.
    public const string CollectNotifications = "collect-notifications";

    public const string CollectEvents = "collect-events";

    public const string Notifications = "notifications";

    public const string Records = "records";

    public const string Events = "events";
}

/// <summary>A row of <c>erasure</c>: an erasure in progress.</summary>
internal sealed class ErasureRow
{
    public long AuditSeq { get; init; }

    public string Kind { get; init; } = "";

    public string Subject { get; init; } = "";

    public string? LocationId { get; init; }

    public string Identifiers { get; set; } = "[]";

    public string Phase { get; set; } = ErasurePhases.CollectNotifications;

    /// <summary>The last <c>seq</c> that was processed in the phase's log.</summary>
    public long Position { get; set; }

    public long Notifications { get; set; }

    public long Events { get; set; }

    public long Records { get; set; }

    public ErasureCounts Counts => new(Notifications, Events, Records);

    public PersonalIdentifiers ReadIdentifiers() =>
        new(Kind, Subject, JsonSerializer.Deserialize<string[]>(Identifiers) ?? []);

    public void Enter(string phase) => (Phase, Position) = (phase, 0);
}

/// <summary>The statements over <c>erasure</c>.</summary>
internal static class ErasureStore
{
    private const string Select = """
        select audit_seq AuditSeq, kind, subject, location_id LocationId, identifiers, phase, position, notifications, events, records
        from erasure
        """;

    public static Task<IReadOnlyList<ErasureRow>> ListAsync(DbConnection connection) =>
        connection.ListAsync<ErasureRow>($"{Select} order by audit_seq");

    public static Task<ErasureRow?> FindAsync(DbConnection connection, long auditSeq) =>
        connection.QueryFirstOrDefaultAsync<ErasureRow>($"{Select} where audit_seq = @auditSeq", new { auditSeq });

    public static async Task<long> BeginAsync(WriteTransaction transaction, ErasureRequest request, Actor actor)
    {
        // Only the kind: a digest could be resolved by trying all serial numbers.
        var act = new AuditedAct("erase", request.LocationId, $"a {request.Kind}");
        var auditSeq = await AuditLog.RecordAsync(transaction, actor, act, AuditOutcome.Started);
        await transaction.ExecuteAsync(
            """
            insert into erasure
                (audit_seq, kind, subject, location_id, identifiers, phase, position, notifications, events, records, requested_at)
            values (@auditSeq, @Kind, @Subject, @LocationId, '[]', @Phase, 0, 0, 0, 0, @now)
            """,
            new
            {
                auditSeq,
                request.Kind,
                request.Subject,
                request.LocationId,
                Phase = ErasurePhases.CollectNotifications,
                now = await transaction.NowAsync(),
            }
        );
        return auditSeq;
    }

    public static Task SaveAsync(WriteTransaction transaction, ErasureRow row) =>
        transaction.ExecuteAsync(
            """
            update erasure
            set identifiers = @Identifiers, phase = @Phase, position = @Position, notifications = @Notifications, events = @Events,
                records = @Records
            where audit_seq = @AuditSeq
            """,
            row
        );

    /// <summary>Deletes the identifiers; the audit entry keeps the counts.</summary>
    public static async Task EndAsync(WriteTransaction transaction, ErasureRow row)
    {
        await transaction.ExecuteAsync("delete from erasure where audit_seq = @AuditSeq", row);
        await AuditLog.CloseAsync(
            transaction,
            row.AuditSeq,
            AuditOutcome.Succeeded,
            locationId: null,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Notifications} notifications, {row.Events} events, {row.Records} records"
            )
        );
    }
}
