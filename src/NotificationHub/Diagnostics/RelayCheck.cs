using System.Security.Cryptography;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Relay;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Checks that each relay target's secret can be decrypted and that the target accepted the last notification. Sends nothing.</summary>
internal sealed class RelayCheck(Database database, HubKeyRing keys, ContentTokenProtector protector)
    : DiagnosticCheck("relay targets", needsDatabase: true)
{
    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var statuses = await RelayStatus.ListAsync(connection);
        if (statuses.Count == 0)
        {
            return [DiagnosticResult.Ok("no location has a relay target")];
        }

        await keys.EnsureOpenAsync(cancellationToken);
        var secrets = (await RelayTargetStore.ListAsync(connection)).ToDictionary(
            target => target.TargetId,
            target => target.Secret,
            StringComparer.Ordinal
        );
        return [.. statuses.Select(status => Check(status, secrets.GetValueOrDefault(status.Target)))];
    }

    private DiagnosticResult Check(RelayTargetStatus target, byte[]? secret)
    {
        var subject = $"location {target.Location}, target {target.Target}";
        if (secret is not null && FindError(secret) is { } error)
        {
            return DiagnosticResult.Failed(
                $"its secret cannot be decrypted: {error}",
                "Restore the key ring, or run `relay add` with the same URL and the secret.",
                subject
            );
        }

        return target switch
        {
            { IsRefusing: true } => DiagnosticResult.Failed(
                $"it refuses notifications: {target.Error}",
                "Check the URL and the secret. `relay add` with the same URL replaces the secret.",
                subject
            ),
            { FailingSince: not null } => DiagnosticResult.Failed(
                $"it does not accept notifications: {target.Error}",
                "Check that the server runs and is reachable from the hub. The hub retries.",
                subject
            ),
            { SetAside: > 0 } => DiagnosticResult.Failed(
                $"{target.SetAside} notification(s) were set aside",
                "Run `relay set-aside`, fix the cause, then run `relay resend`.",
                subject
            ),
            _ => DiagnosticResult.Ok($"{target.State}, {target.Pending} pending", subject),
        };
    }

    private string? FindError(byte[] secret)
    {
        try
        {
            protector.UnprotectRelaySecret(secret);
            return null;
        }
        catch (CryptographicException exception)
        {
            return exception.Message;
        }
    }
}
