using System.Collections.Concurrent;
using System.Security.Cryptography;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>A location's request rate and recent errors, which all its sessions share.</summary>
internal sealed class LocationPace(RequestRate rate)
{
    private readonly Lock sync = new();
    private byte[]? token;
    private TokenResponses responses = new();

    public RequestRate Rate => rate;

    /// <summary>Consecutive reads, of any target, that Apple or the network failed.</summary>
    public int ConsecutiveErrors { get; set; }

    public TokenResponses ResponsesTo(byte[] protectedToken)
    {
        lock (sync)
        {
            if (!protectedToken.AsSpan().SequenceEqual(token))
            {
                token = protectedToken;
                responses = new TokenResponses();
            }

            return responses;
        }
    }
}

/// <summary>Apple's responses to one content token. A late response to an older token proves nothing about this one.</summary>
internal sealed class TokenResponses
{
    public int ConsecutiveRejections { get; set; }
}

internal sealed record LocationSession(AppleSession Apple, LocationPace Pace, TokenResponses Token)
{
    public void RecordSuccess()
    {
        Pace.ConsecutiveErrors = 0;
        Token.ConsecutiveRejections = 0;
    }
}

internal sealed class LocationSessions(
    AppleClient client,
    ContentTokenProtector protector,
    double requestsPerSecond,
    TimeProvider time
)
{
    private readonly ConcurrentDictionary<string, LocationPace> paces = new(StringComparer.Ordinal);

    public bool AreReady => protector.IsReady;

    public LocationSession Open(Location location)
    {
        var pace = paces.GetOrAdd(location.LocationId, _ => new LocationPace(new RequestRate(time, requestsPerSecond)));
        return new LocationSession(
            new AppleSession(client, protector.Unprotect(location.ContentToken!), pace.Rate, location.UId),
            pace,
            pace.ResponsesTo(location.ContentToken!)
        );
    }
}

internal sealed class LocationApple(AppleClient client, ContentTokenProtector protector)
{
    // Apple counts all requests of a location together: commands, scheduled reads and the MDM.
    /// <summary>The share of a command in Apple's limit (15 per second).</summary>
    public const double RequestsPerSecond = 5;

    /// <param name="rate">The command's own rate: its few requests need not wait for scheduled reads.</param>
    public AppleSession Open(Location location, RequestRate rate)
    {
        if (location.ContentToken is null)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {location.LocationId} has no content token, so the hub cannot call Apple for it. Nothing was changed. "
                    + "Its MDM configures Client Config."
            );
        }

        try
        {
            return new AppleSession(client, protector.Unprotect(location.ContentToken), rate, location.UId);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The content token of location {location.LocationId} cannot be decrypted: {exception.Message} Nothing was changed. "
                    + "Run `doctor` with the hub's KeyRing settings. If the key is lost, run `locations renew-token`.",
                exception
            );
        }
    }
}
