using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>What the hub tells of a location. Nothing of a token or secret is in it.</summary>
internal static class LocationEvents
{
    /// <summary>That it was registered; and at once of a state that somebody has to know of.</summary>
    public static IReadOnlyCollection<NewEvent> OfRegistration(Location location) =>
        OfState(location, owner: null) is { } state ? [Registered(location), state] : [Registered(location)];

    /// <summary>That the content token's end has come nearer.</summary>
    /// <param name="location">The location, with the date.</param>
    /// <param name="daysLeft">The step: 30, 15, 7 or 1.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static NewEvent OfExpiry(Location location, int daysLeft, long now) =>
        Of(EventNames.LocationTokenExpiring, location, TokenState(location, daysLeft)) with
        {
            CreatedAt = now,
        };

    /// <summary>That Apple has other settings than those that were made for the hub.</summary>
    public static NewEvent OfSettings(Location location, IReadOnlyList<LocationDifference> differences, long now) =>
        Of(
            EventNames.LocationSettingsChanged,
            location,
            JsonSerializer.SerializeToUtf8Bytes(
                new LocationSettingsChanged
                {
                    Differences =
                    [
                        .. differences.Select(one => new LocationSettingDifference
                        {
                            Setting = one.Setting,
                            Expected = one.Expected,
                            Actual = one.Actual,
                        }),
                    ],
                },
                EventJsonContext.Wire.LocationSettingsChanged
            )
        ) with
        {
            CreatedAt = now,
        };

    /// <summary>That it came into its present state; null where that needs no telling.</summary>
    /// <param name="location">The location, in that state.</param>
    /// <param name="owner">Who Apple says owns it now, where somebody took it over.</param>
    public static NewEvent? OfState(Location location, MdmInfo? owner) =>
        LocationStates.EventOf(location.State) is not { } name ? null
        : location.State == LocationState.TakenOver ? Of(name, location, TakenOver(location, owner))
        : Of(name, location, TokenState(location));

    /// <summary>That a busy location has not been heard from for long.</summary>
    public static NewEvent OfSilence(string locationId, long lastHeardAt, long posts, long now) =>
        Of(
            EventNames.LocationSilent,
            locationId,
            JsonSerializer.SerializeToUtf8Bytes(
                new LocationSilent
                {
                    LastHeardAt = DateTimeOffset.FromUnixTimeMilliseconds(lastHeardAt),
                    Posts = posts,
                },
                EventJsonContext.Wire.LocationSilent
            ),
            now
        );

    /// <summary>That it was taken out.</summary>
    public static NewEvent OfRemoval(Location location, bool purge, long now) =>
        Of(
            EventNames.LocationRemoved,
            location.LocationId,
            JsonSerializer.SerializeToUtf8Bytes(
                new LocationRemoved
                {
                    UId = location.UId,
                    Name = location.Name,
                    Purge = purge,
                },
                EventJsonContext.Wire.LocationRemoved
            ),
            now
        );

    private static NewEvent Registered(Location location) =>
        Of(
            EventNames.LocationRegistered,
            location,
            JsonSerializer.SerializeToUtf8Bytes(
                new LocationRegistered
                {
                    UId = location.UId,
                    Name = location.Name,
                    ReceiveOnly = location.ReceiveOnly,
                    NotificationTypes = location.NotificationTypes is { } types ? LocationStore.ReadTypes(types) : null,
                },
                EventJsonContext.Wire.LocationRegistered
            )
        );

    private static byte[] TokenState(Location location, int? daysLeft = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new LocationTokenState
            {
                State = location.StateWord,
                ExpiresAt = location.TokenExpiresAt is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
                Reason = location.StateReason,
                DaysLeft = daysLeft,
            },
            EventJsonContext.Wire.LocationTokenState
        );

    private static byte[] TakenOver(Location location, MdmInfo? owner) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new LocationTakenOver
            {
                ExpectedMdmId = location.MdmId,
                ActualMdmId = owner?.Id,
                ActualMdmName = owner?.Name,
            },
            EventJsonContext.Wire.LocationTakenOver
        );

    private static NewEvent Of(string name, Location location, byte[] data) =>
        Of(name, location.LocationId, data, location.StateSince);

    private static NewEvent Of(string name, string locationId, byte[] data, long at) =>
        new()
        {
            Type = name,
            LocationId = locationId,
            Subject = locationId,
            Data = data,
            CreatedAt = at,
        };
}
