using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>Configures a location at Apple with a secret that every hub accepts already, and finds out whether Apple took it.</summary>
internal sealed class LocationConfiguration(RegistrationStore ledger, AppleClient apple)
{
    private const int InvalidArgument = 9602;

    /// <summary>Posts and reads back. What Apple certainly refused is withdrawn; what is unknown stays accepted.</summary>
    /// <exception cref="LocationException">Apple refused, or it is not known whether it took the configuration.</exception>
    public async Task<ClientConfig> ApplyAsync(
        AppleSession session,
        RegistrationAttempt attempt,
        NotificationSecret secret,
        CancellationToken cancellationToken
    )
    {
        var answered = await ConfigureAsync(session, attempt, secret, cancellationToken);
        return await ReadBackAsync(session, attempt, secret, answered, cancellationToken);
    }

    public static LocationException Refused(AppleException fault) =>
        new(
            LocationErrorCode.Refused,
            fault.Kind switch
            {
                AppleErrorKind.NotificationUrlRefused =>
                    $"Apple refuses the notification URL: its test notification has to reach the hub there and be answered. {fault.Message}",
                _ => fault.Message,
            } + " Nothing was changed at Apple.",
            fault
        );

    /// <returns>False where it is not known whether Apple took it.</returns>
    private async Task<bool> ConfigureAsync(
        AppleSession session,
        RegistrationAttempt attempt,
        NotificationSecret secret,
        CancellationToken cancellationToken
    )
    {
        var request = new ClientConfigRequest
        {
            MdmInfo = attempt.MdmInfo,
            NotificationUrl = attempt.Location.NotificationUrl,
            NotificationAuthToken = secret.Reveal(),
            NotificationTypes = AppleNotificationTypes.All,
        };
        try
        {
            await SendAsync(session, request, cancellationToken);
            return true;
        }
        catch (AppleException fault) when (IsOutcomeUnknown(fault))
        {
            // The read-back decides.
            return false;
        }
        catch (AppleException fault)
        {
            await ledger.WithdrawAsync(attempt.Location, secret);
            throw Refused(fault);
        }
    }

    /// <summary>Asks for every type; where Apple finds an argument invalid, for those that it lists itself.</summary>
    private async Task SendAsync(AppleSession session, ClientConfigRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await session.SetClientConfigAsync(request, cancellationToken);
        }
        catch (AppleException fault)
            when (fault is { Kind: AppleErrorKind.Refused, ErrorNumber: null or InvalidArgument })
        {
            var listed = await ListedTypesAsync(cancellationToken);
            if (listed.Count == 0 || listed.ToHashSet(StringComparer.Ordinal).SetEquals(request.NotificationTypes!))
            {
                throw;
            }

            await session.SetClientConfigAsync(request with { NotificationTypes = listed }, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> ListedTypesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await apple.GetServiceConfigAsync(cancellationToken)).NotificationTypes;
        }
        catch (AppleException)
        {
            // The refusal before is the one to tell of.
            return [];
        }
    }

    private static async Task<ClientConfig> ReadBackAsync(
        AppleSession session,
        RegistrationAttempt attempt,
        NotificationSecret secret,
        bool answered,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var set = await session.GetClientConfigAsync(cancellationToken);
            // Apple may leave the secret out of its answer; then its word that it took the request has to do.
            return
                attempt.IsShownBy(set)
                && (set.NotificationAuthTokenSha256 is null ? answered : set.Echoes(secret.Sha256))
                ? set
                : throw Unconfirmed(attempt, "Apple's Client Config does not show it");
        }
        catch (AppleException fault)
        {
            throw Unconfirmed(attempt, fault.Message, fault);
        }
    }

    // An answer that refuses is certain; no answer, or one that is not of this API, is not.
    private static bool IsOutcomeUnknown(AppleException fault) =>
        fault.Kind
            is AppleErrorKind.Network
                or AppleErrorKind.Protocol
                or AppleErrorKind.Malformed
                or AppleErrorKind.Unavailable;

    private static LocationException Unconfirmed(
        RegistrationAttempt attempt,
        string reason,
        Exception? innerException = null
    ) =>
        new(
            LocationErrorCode.Unconfirmed,
            $"Whether Apple has taken the configuration is not known yet ({reason}). The location {attempt.LocationId} stays "
                + $"{attempt.Location.StateName} and accepts posts. Run the same command again: it finds out and finishes.",
            innerException
        );
}
