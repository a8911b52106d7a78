using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>Why an action on a location failed. Programs read the names in kebab case.</summary>
internal enum LocationErrorCode
{
    BadInput,
    NotFound,

    /// <summary>Another command is working on the location.</summary>
    Busy,

    /// <summary>The location's state, or its settings at Apple, do not allow it.</summary>
    NotAllowed,

    /// <summary>No replica is running that could answer Apple's test notification.</summary>
    NoLiveReplica,

    /// <summary>A running replica did not accept the new secret in time.</summary>
    ReplicaBehind,

    AlreadyRegistered,

    /// <summary>The content token is for another library.</summary>
    OtherLibrary,

    /// <summary>The key ring lacks the key of the content token.</summary>
    KeyMissing,

    /// <summary>Apple refused the request or could not be reached; nothing was changed.</summary>
    Refused,

    /// <summary>It is unknown whether Apple applied the configuration. The same command resumes.</summary>
    Unconfirmed,
}

/// <summary>An action on a location failed; the message says what was not changed and what to do.</summary>
internal sealed class LocationException(LocationErrorCode code, string message, Exception? innerException = null)
    : Exception(message, innerException),
        IAuditedError
{
    public LocationErrorCode Code => code;

    public bool IsRejection => code != LocationErrorCode.Unconfirmed;

    public string AuditDetail => code.ToWireName();

    public static LocationException NotFound(string locationId) =>
        new(
            LocationErrorCode.NotFound,
            $"Location {locationId} does not exist. `locations list` shows the existing locations."
        );
}

internal static class LocationErrorCodes
{
    /// <summary>For example <c>already-registered</c>.</summary>
    public static string ToWireName(this LocationErrorCode code) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString());
}
