using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Locations;

namespace NotificationHub.Refetch;

/// <summary>How fast a location is read, kept from turn to turn.</summary>
internal sealed class LocationPace(RequestRate rate)
{
    private byte[]? token;

    public RequestRate Rate => rate;

    /// <summary>Reads in a row that failed because of Apple or the network, whichever target they were for.</summary>
    public int FaultsInARow { get; set; }

    /// <summary>Answers in a row that Apple does not know the content token.</summary>
    public int UnknownTokenAnswers { get; set; }

    /// <summary>Responses for another content token prove nothing about this one.</summary>
    public void UseToken(byte[] protectedToken)
    {
        if (!protectedToken.AsSpan().SequenceEqual(token))
        {
            token = protectedToken;
            UnknownTokenAnswers = 0;
        }
    }

    public void NoteAnswer()
    {
        FaultsInARow = 0;
        UnknownTokenAnswers = 0;
    }
}

/// <summary>A location's view of Apple, and its pace.</summary>
internal sealed record LocationSession(AppleSession Apple, LocationPace Pace);

/// <summary>Opens a location's view of Apple. All turns of a location share its request rate.</summary>
internal sealed class LocationSessions(
    AppleClient client,
    ContentTokenProtector protector,
    IOptions<RefetchOptions> options,
    TimeProvider time
)
{
    private readonly ConcurrentDictionary<string, LocationPace> paces = new(StringComparer.Ordinal);

    /// <exception cref="System.Security.Cryptography.CryptographicException">The content token cannot be decrypted: its key is missing.</exception>
    public LocationSession Open(Location location)
    {
        var pace = paces.GetOrAdd(
            location.LocationId,
            _ => new LocationPace(new RequestRate(time, options.Value.RequestsPerSecond))
        );
        pace.UseToken(location.ContentToken!);
        return new LocationSession(
            new AppleSession(client, protector.Unprotect(location.ContentToken!), pace.Rate, location.UId),
            pace
        );
    }
}
