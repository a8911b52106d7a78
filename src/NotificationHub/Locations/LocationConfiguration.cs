using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>Configures a location at Apple with a secret that every replica accepts already, and confirms the outcome.</summary>
internal sealed class LocationConfiguration(RegistrationStore store, AppleClient apple)
{
    private const int InvalidArgument = 9602;

    /// <summary>Sets Client Config and reads it back. A refused secret is withdrawn; one with an unknown outcome stays accepted.</summary>
    public async Task<ClientConfig> ApplyAsync(
        AppleSession session,
        RegistrationAttempt attempt,
        NotificationSecret secret,
        CancellationToken cancellationToken
    )
    {
        var isAcknowledged = await ConfigureAsync(session, attempt, secret, cancellationToken);
        try
        {
            var found = await session.GetClientConfigAsync(cancellationToken);
            // If Apple's response omits the secret, the acknowledgment of the request must suffice.
            return
                attempt.IsShownBy(found)
                && (found.NotificationAuthToken is null ? isAcknowledged : found.Echoes(secret.Sha256))
                ? found
                : throw Unconfirmed(attempt, "Apple's Client Config does not show it");
        }
        catch (AppleException error)
        {
            throw Unconfirmed(attempt, error.Message, error);
        }
    }

    public static LocationException Refused(AppleException error)
    {
        var hint =
            error.Kind == AppleErrorKind.NotificationUrlRefused
                ? "Apple refused the notification URL: its test notification must reach the hub and get a 2xx response. "
                : "";
        return new(LocationErrorCode.Refused, $"{hint}{error.Message} Nothing was changed at Apple.", error);
    }

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
        catch (AppleException error) when (IsOutcomeUnknown(error))
        {
            return false;
        }
        catch (AppleException error)
        {
            await store.WithdrawAsync(attempt.Location, secret, attempt.Takeover);
            throw Refused(error);
        }
    }

    /// <summary>Subscribes to every type or, if Apple finds an argument invalid, to the types that Service Config lists.</summary>
    private async Task SendAsync(AppleSession session, ClientConfigRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await session.SetClientConfigAsync(request, cancellationToken);
        }
        catch (AppleException error)
            when (error is { Kind: AppleErrorKind.InvalidArgument, ErrorNumber: null or InvalidArgument })
        {
            var listed = await ReadListedTypesAsync(cancellationToken);
            if (listed.Count == 0 || listed.ToHashSet(StringComparer.Ordinal).SetEquals(request.NotificationTypes!))
            {
                throw;
            }

            await session.SetClientConfigAsync(request with { NotificationTypes = listed }, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> ReadListedTypesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await apple.GetServiceConfigAsync(cancellationToken)).NotificationTypes;
        }
        catch (AppleException)
        {
            // The caller reports the refusal instead.
            return [];
        }
    }

    // Only a response of this API with an error is a certain refusal.
    private static bool IsOutcomeUnknown(AppleException error) =>
        error.Kind
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
            $"It is unknown whether Apple applied the configuration ({reason}). Location {attempt.LocationId} stays "
                + $"{attempt.Location.StateName} and accepts notifications. Run the same command again to resume.",
            innerException
        );
}
