using System.Net.Mime;
using System.Security.Cryptography;
using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations.Takeovers;

/// <param name="Status">The HTTP status of its response.</param>
internal sealed record ProvenTarget(string Host, int Status);

/// <summary>Sends a test notification to new relay targets, as Apple does before it accepts a URL.</summary>
internal sealed class RelayProof(RelayClient client, ContentTokenProtector protector)
{
    private const string UserAgent = "NotificationHub";

    /// <param name="uId">Null for a receive-only location.</param>
    /// <exception cref="LocationException">A target did not respond with 2xx.</exception>
    public async Task<IReadOnlyList<ProvenTarget>> RunAsync(
        IReadOnlyList<NewRelayTarget> targets,
        string? uId,
        CancellationToken cancellationToken
    )
    {
        List<ProvenTarget> proven = [];
        foreach (var target in targets)
        {
            var response = await client.SendAsync(target.Url, Decrypt(target), CreateTest(uId), cancellationToken);
            if (response is not { Failure: null, Status: { } status })
            {
                throw Failed(target, response);
            }

            proven.Add(new ProvenTarget(target.Url.Authority, status));
        }

        return proven;
    }

    private static RelayMessage CreateTest(string? uId)
    {
        Dictionary<string, object> test = new(StringComparer.Ordinal)
        {
            ["notification"] = new { },
            ["notificationId"] = Guid.NewGuid(),
            ["notificationType"] = AppleNotificationTypes.TestNotification,
        };
        if (uId is not null)
        {
            test["uId"] = uId;
        }

        return new(JsonSerializer.SerializeToUtf8Bytes(test), MediaTypeNames.Application.Json, UserAgent);
    }

    private RelaySecret? Decrypt(NewRelayTarget target)
    {
        try
        {
            return target.Secret is null ? null : protector.UnprotectRelaySecret(target.Secret);
        }
        catch (CryptographicException exception)
        {
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The secret of {target.Url.Authority} cannot be decrypted: {exception.Message} Nothing was changed at Apple. "
                    + "Run `doctor` with the hub's KeyRing settings.",
                exception
            );
        }
    }

    private static LocationException Failed(NewRelayTarget target, RelayResponse response)
    {
        var cause = response.Failure switch
        {
            RelayFailure.Unauthorized when target.Secret is null =>
                "it requires a secret, and none was sent. Pass its secret with --relay-to and --relay-secret-file.",
            RelayFailure.Unauthorized =>
                "it does not accept the secret. Pass its current secret with --relay-to and --relay-secret-file.",
            RelayFailure.NotFound => "its URL does not exist there. Check the path.",
            RelayFailure.Redirected => "it redirects, and the hub does not follow redirects. Use its final URL.",
            RelayFailure.AddressRefused =>
                "its host has only private addresses. Set Relay:AllowPrivateTargets to allow them.",
            RelayFailure.Rejected or RelayFailure.Refused => "it does not accept a test notification. Check its log.",
            RelayFailure.SecureConnection => "its certificate is not valid, or TLS failed.",
            RelayFailure.ServerError or RelayFailure.Throttled =>
                "it has a problem of its own. Run the command again later.",
            _ => "it is down, or the network blocks it. Run the command again when it responds.",
        };
        var isRefused = response.Failure is { } failure && (failure.IsRefusal() || failure == RelayFailure.Rejected);
        return new(
            isRefused ? LocationErrorCode.TargetRefused : LocationErrorCode.TargetUnavailable,
            $"The relay target {target.Url.Authority} did not accept a test notification ({response.Describe()}). "
                + $"Nothing was changed at Apple. Cause: {cause}"
        );
    }
}
