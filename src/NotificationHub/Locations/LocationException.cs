using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>Why an action on a location failed. Programs read the names in kebab case.</summary>
internal enum LocationErrorCode
{
    BadInput,
    NotFound,

    Busy,

    /// <summary>The location's state, or its settings at Apple, do not allow it.</summary>
    NotAllowed,

    /// <summary>No replica is running that could answer Apple's test notification.</summary>
    NoLiveReplica,

    ReplicaBehind,

    AlreadyRegistered,

    OtherLibrary,

    /// <summary>Apple has another server's notification URL; the request does not say what happens to that server.</summary>
    OtherServer,

    /// <summary>A relay target responds, but not with 2xx: its URL or secret is wrong.</summary>
    TargetRefused,

    /// <summary>A relay target does not respond, or has an error of its own.</summary>
    TargetUnavailable,

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
    public static string ToWireName(this LocationErrorCode code) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString());
}

/// <summary>An error as it may be logged, stored and shown. Apple's own text may name people and devices.</summary>
internal static class ErrorCode
{
    /// <summary>For example <c>InvalidArgument 9602</c>, <c>Unavailable (HTTP 503)</c> or <c>malformed response: no list assets</c>.</summary>
    public static string From(AppleException error) =>
        error switch
        {
            { Malformation: { } malformation } => $"malformed response: {malformation}",
            { Kind: AppleErrorKind.Protocol, HttpStatusCode: { } status } =>
                $"not an answer of the API (HTTP {(int)status})",
            { ErrorNumber: { } number } => $"{error.Kind} {number}",
            { HttpStatusCode: { } status } => $"{error.Kind} (HTTP {(int)status})",
            _ => error.Kind.ToString(),
        };

    public static string From(Exception exception) =>
        exception is AppleException error ? From(error) : exception.GetType().Name;
}
