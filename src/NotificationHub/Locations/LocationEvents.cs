using System.Text.Json.Serialization.Metadata;
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
        TokenState(EventNames.LocationTokenExpiring, location, daysLeft, now);

    /// <summary>That Apple has other settings than those that were made for the hub.</summary>
    public static NewEvent OfSettings(Location location, IReadOnlyList<LocationDifference> differences, long now) =>
        Create(
            EventNames.LocationSettingsChanged,
            location.LocationId,
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
            EventJsonContext.Wire.LocationSettingsChanged,
            now
        );

    /// <summary>That it came into its present state; null where that needs no telling.</summary>
    /// <param name="location">The location, in that state.</param>
    /// <param name="owner">Who Apple says owns it now, where somebody took it over.</param>
    public static NewEvent? OfState(Location location, MdmInfo? owner) =>
        LocationStates.EventFor(location.State) is not { } name ? null
        : location.State == LocationState.TakenOver ? TakenOver(name, location, owner)
        : TokenState(name, location, daysLeft: null, location.StateSince);

    /// <summary>That a busy location has not been heard from for long.</summary>
    public static NewEvent OfSilence(string locationId, long lastNotificationAt, long posts, long now) =>
        Create(
            EventNames.LocationSilent,
            locationId,
            new LocationSilent
            {
                LastHeardAt = DateTimeOffset.FromUnixTimeMilliseconds(lastNotificationAt),
                Posts = posts,
            },
            EventJsonContext.Wire.LocationSilent,
            now
        );

    /// <summary>That it was taken out.</summary>
    public static NewEvent OfRemoval(Location location, bool deleteData, long now) =>
        Create(
            EventNames.LocationRemoved,
            location.LocationId,
            new LocationRemoved
            {
                UId = location.UId,
                Name = location.Name,
                Purge = deleteData,
            },
            EventJsonContext.Wire.LocationRemoved,
            now
        );

    private static NewEvent Registered(Location location) =>
        Create(
            EventNames.LocationRegistered,
            location.LocationId,
            new LocationRegistered
            {
                UId = location.UId,
                Name = location.Name,
                ReceiveOnly = location.ReceiveOnly,
                NotificationTypes = location.NotificationTypes is { } types ? LocationStore.ReadTypes(types) : null,
            },
            EventJsonContext.Wire.LocationRegistered,
            location.StateSince
        );

    private static NewEvent TokenState(string name, Location location, int? daysLeft, long createdAt) =>
        Create(
            name,
            location.LocationId,
            new LocationTokenState
            {
                State = location.StateName,
                ExpiresAt = location.TokenExpiresAt is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
                Reason = location.StateReason,
                DaysLeft = daysLeft,
            },
            EventJsonContext.Wire.LocationTokenState,
            createdAt
        );

    private static NewEvent TakenOver(string name, Location location, MdmInfo? owner) =>
        Create(
            name,
            location.LocationId,
            new LocationTakenOver
            {
                ExpectedMdmId = location.MdmId,
                ActualMdmId = owner?.Id,
                ActualMdmName = owner?.Name,
            },
            EventJsonContext.Wire.LocationTakenOver,
            location.StateSince
        );

    private static NewEvent Create<T>(
        string name,
        string locationId,
        T data,
        JsonTypeInfo<T> jsonType,
        long createdAt
    ) => NewEvent.Create(name, locationId, locationId, data, jsonType, createdAt);
}
