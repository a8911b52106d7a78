using System.Collections.Concurrent;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>How fast a location is read, kept from turn to turn.</summary>
internal sealed class LocationPace(RequestRate rate)
{
    private readonly Lock gate = new();
    private byte[]? token;
    private TokenResponses responses = new();

    public RequestRate Rate => rate;

    /// <summary>Reads in a row that failed because of Apple or the network, whichever target they were for.</summary>
    public int ConsecutiveErrors { get; set; }

    public TokenResponses ResponsesTo(byte[] protectedToken)
    {
        lock (gate)
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

/// <summary>Apple's responses to one content token. A response to an older token, however late, proves nothing about this one.</summary>
internal sealed class TokenResponses
{
    /// <summary>Responses in a row that Apple does not know the content token.</summary>
    public int ConsecutiveRejections { get; set; }
}

/// <summary>A location's view of Apple, its pace, and the responses to its content token.</summary>
internal sealed record LocationSession(AppleSession Apple, LocationPace Pace, TokenResponses Token)
{
    public void RecordSuccess()
    {
        Pace.ConsecutiveErrors = 0;
        Token.ConsecutiveRejections = 0;
    }
}

/// <summary>Opens a location's view of Apple. All turns of a location share its request rate.</summary>
internal sealed class LocationSessions(
    AppleClient client,
    ContentTokenProtector protector,
    double requestsPerSecond,
    TimeProvider time
)
{
    private readonly ConcurrentDictionary<string, LocationPace> paces = new(StringComparer.Ordinal);

    /// <summary>Whether content tokens can be decrypted; see <see cref="ContentTokenProtector.IsReady"/>.</summary>
    public bool AreReady => protector.IsReady;

    /// <exception cref="System.Security.Cryptography.CryptographicException">The content token cannot be decrypted: its key is missing.</exception>
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
