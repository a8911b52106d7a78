namespace NotificationHub.Locations;

/// <summary>Why something that was to be done for a location did not come to its end.</summary>
internal enum LocationFault
{
    /// <summary>What was asked for cannot be meant; the message lists every fault, with what to do.</summary>
    BadInput,

    /// <summary>There is no such location.</summary>
    NotFound,

    /// <summary>Another command works on the location at this moment.</summary>
    Busy,

    /// <summary>The location's state, or what Apple has recorded for it, forbids it; the message says what leads further.</summary>
    NotAllowed,

    /// <summary>No hub runs that could answer Apple's test notification.</summary>
    NoLiveReplica,

    /// <summary>A running hub does not accept the new secret in time.</summary>
    ReplicaBehind,

    /// <summary>The library is registered already.</summary>
    AlreadyRegistered,

    /// <summary>The content token is for another library.</summary>
    OtherLibrary,

    /// <summary>The content token cannot be decrypted: its key is not in the key ring.</summary>
    KeyMissing,

    /// <summary>Apple refused, or could not be asked: nothing was changed there, and nothing is left here.</summary>
    Refused,

    /// <summary>Whether Apple took the configuration is not known. The same command resumes.</summary>
    Unconfirmed,
}

/// <summary>Something for a location did not come to its end; the message tells an operator what is the case and what to do.</summary>
internal sealed class LocationException(LocationFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public LocationFault Fault => fault;

    public static LocationException NotFound(string locationId) =>
        new(LocationFault.NotFound, $"There is no location {locationId}. `locations list` shows those there are.");
}
