using System.Text.Json.Serialization.Metadata;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>Creates the events about a location. They contain no token and no secret.</summary>
internal static class LocationEventFactory
{
    public static IReadOnlyCollection<NewEvent> CreateRegistered(Location location)
    {
        var registered = Create(
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
        return CreateStateChanged(location, owner: null) is { } state ? [registered, state] : [registered];
    }

    public static NewEvent CreateTokenExpiring(Location location, int daysLeft, DateTimeOffset now) =>
        CreateTokenState(EventNames.LocationTokenExpiring, location, daysLeft, now);

    public static NewEvent CreateSettingsChanged(
        Location location,
        IReadOnlyList<LocationDifference> differences,
        DateTimeOffset now
    ) =>
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

    public static NewEvent? CreateStateChanged(Location location, MdmInfo? owner) =>
        LocationStates.EventFor(location.State) is not { } name ? null
        : location.State != LocationState.TakenOver
            ? CreateTokenState(name, location, daysLeft: null, location.StateSince)
        : Create(
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

    public static NewEvent CreateSilent(
        string locationId,
        DateTimeOffset lastNotificationAt,
        long deliveries,
        DateTimeOffset now
    ) =>
        Create(
            EventNames.LocationSilent,
            locationId,
            new LocationSilent { LastHeardAt = lastNotificationAt, Posts = deliveries },
            EventJsonContext.Wire.LocationSilent,
            now
        );

    public static NewEvent CreateRemoved(Location location, bool deleteData, DateTimeOffset now) =>
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

    private static NewEvent CreateTokenState(string name, Location location, int? daysLeft, DateTimeOffset createdAt) =>
        Create(
            name,
            location.LocationId,
            new LocationTokenState
            {
                State = location.StateName,
                ExpiresAt = location.TokenExpiresAt,
                Reason = location.StateReason,
                DaysLeft = daysLeft,
            },
            EventJsonContext.Wire.LocationTokenState,
            createdAt
        );

    private static NewEvent Create<T>(
        string name,
        string locationId,
        T data,
        JsonTypeInfo<T> jsonType,
        DateTimeOffset createdAt
    ) => NewEvent.Create(name, locationId, locationId, data, jsonType, createdAt);
}
