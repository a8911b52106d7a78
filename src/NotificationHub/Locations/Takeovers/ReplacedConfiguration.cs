using System.Data.Common;
using Dapper;
using NotificationHub.Apple;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Takeovers;

/// <summary>A row of <c>replaced_configuration</c>: what Client Config had before the hub replaced it.</summary>
internal sealed record ReplacedConfiguration
{
    public required string LocationId { get; init; }

    public required string NotificationUrl { get; init; }

    /// <summary>Encrypted; null if Apple did not return it.</summary>
    public byte[]? Secret { get; init; }

    public required string NotificationTypes { get; init; }

    public string? MdmId { get; init; }

    public string? MdmName { get; init; }

    public string? MdmMetadata { get; init; }

    public required DateTimeOffset ReplacedAt { get; init; }

    /// <summary>The server's host and port. The rest of the URL may identify a tenant, and is not shown.</summary>
    public string Host => Locations.NotificationUrl.ReadHost(NotificationUrl);

    /// <summary>Whether a removal can restore it: Apple requires the secret.</summary>
    public bool IsRestorable => Secret is not null;

    public bool HasUrl(Uri url) => RelayUrl.AreEqual(NotificationUrl, url);

    public MdmInfo MdmInfo =>
        new()
        {
            Id = MdmId,
            Name = MdmName,
            Metadata = MdmMetadata,
        };
}

/// <summary>The statements over <c>replaced_configuration</c>.</summary>
internal static class ReplacedConfigurations
{
    private const string Select = """
        select location_id LocationId, notification_url NotificationUrl, secret, notification_types NotificationTypes, mdm_id MdmId,
            mdm_name MdmName, mdm_metadata MdmMetadata, replaced_at ReplacedAt
        from replaced_configuration
        """;

    public static Task<ReplacedConfiguration?> FindAsync(DbConnection connection, string locationId) =>
        connection.QueryFirstOrDefaultAsync<ReplacedConfiguration>(
            $"{Select} where location_id = @locationId",
            new { locationId }
        );

    /// <summary>The row of a removed location whose URL Apple still has, because the removal could not restore the previous one.</summary>
    public static Task<ReplacedConfiguration?> FindRemovedAsync(DbConnection connection, string? notificationUrl) =>
        connection.QueryFirstOrDefaultAsync<ReplacedConfiguration>(
            $"""
            {Select}
            where location_id in
                (select l.location_id from location l where l.state = 'removed' and l.notification_url = @notificationUrl)
            """,
            new { notificationUrl }
        );

    public static async Task SaveAsync(WriteTransaction transaction, ReplacedConfiguration replaced)
    {
        await DeleteAsync(transaction, replaced.LocationId);
        await transaction.ExecuteAsync(
            """
            insert into replaced_configuration
            (location_id, notification_url, secret, notification_types, mdm_id, mdm_name, mdm_metadata, replaced_at)
            values
            (@LocationId, @NotificationUrl, @Secret, @NotificationTypes, @MdmId, @MdmName, @MdmMetadata, @ReplacedAt)
            """,
            replaced
        );
    }

    public static Task DeleteAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync(
            "delete from replaced_configuration where location_id = @locationId",
            new { locationId }
        );
}
