using System.Data.Common;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Admin;

internal sealed record LocationDetailsDocument
{
    public required LocationDocument Location { get; init; }

    public required IReadOnlyList<SecretDocument> Secrets { get; init; }

    public DateTimeOffset? LastNotificationAt { get; init; }

    public DateTimeOffset? SilentSince { get; init; }

    public required long PendingTargets { get; init; }

    /// <summary>When Apple last returned the location's Client Config.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Why Apple has not returned it since.</summary>
    public string? CheckError { get; init; }

    public required IReadOnlyList<LocationDifference> Differences { get; init; }

    public static async Task<LocationDetailsDocument> ReadAsync(DbConnection connection, LocationDetails details) =>
        new()
        {
            Location = (await LocationDocument.ReadAsync(connection, [details.Location]))[0],
            Secrets = [.. details.Secrets.Select(SecretDocument.From)],
            LastNotificationAt = details.LastNotificationAt,
            SilentSince = details.Check?.SilentSince,
            PendingTargets = details.PendingTargets,
            CheckedAt = details.Check?.CheckedAt,
            CheckError = details.Check?.Error,
            Differences = details.Differences,
        };
}

/// <summary>A notification secret, without the secret itself.</summary>
internal sealed record SecretDocument(
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ConfirmedAt,
    DateTimeOffset? SupersededAt,
    DateTimeOffset? LastUsedAt,
    long UseCount
)
{
    public static SecretDocument From(StoredSecret secret) =>
        new(
            secret.State,
            secret.CreatedAt,
            secret.ConfirmedAt,
            secret.SupersededAt,
            secret.LastUsedAt,
            secret.UseCount
        );
}
