using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>What the hub tells of a location. Nothing of a token or secret is in it.</summary>
internal static class LocationEvents
{
    /// <summary>That it was registered, and at once that its content token ends soon, where it does.</summary>
    public static IReadOnlyCollection<NewEvent> OfRegistration(Location location) =>
        LocationStates.EventOf(location.State) is { } name
            ? [Registered(location, location.StateSince), StateChanged(name, location, location.StateSince)]
            : [Registered(location, location.StateSince)];

    private static NewEvent Registered(Location location, long now) =>
        Of(
            "location.registered",
            location,
            new
            {
                location.UId,
                location.Name,
                location.ReceiveOnly,
                location.NotificationUrl,
                NotificationTypes = LocationStore.ReadTypes(location.NotificationTypes),
                location.MdmId,
                TokenExpiresAt = TimeOf(location.TokenExpiresAt),
            },
            now
        );

    public static NewEvent StateChanged(string name, Location location, long now) =>
        Of(
            name,
            location,
            new
            {
                location.UId,
                location.Name,
                State = location.StateWord,
                Reason = location.StateReason,
                TokenExpiresAt = TimeOf(location.TokenExpiresAt),
            },
            now
        );

    private static NewEvent Of<TData>(string name, Location location, TData data, long now) =>
        new()
        {
            Type = name,
            LocationId = location.LocationId,
            Subject = location.LocationId,
            Data = JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions.Web),
            CreatedAt = now,
        };

    private static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
