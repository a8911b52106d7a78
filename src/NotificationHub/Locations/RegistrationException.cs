namespace NotificationHub.Locations;

internal enum RegistrationFault
{
    /// <summary>No hub runs that could answer Apple's test notification.</summary>
    NoLiveReplica,

    /// <summary>A running hub does not accept the new secret in time.</summary>
    ReplicaBehind,

    /// <summary>The library is registered already.</summary>
    AlreadyRegistered,

    /// <summary>Apple refused, or could not be asked: nothing was changed there, and nothing is left here.</summary>
    Refused,

    /// <summary>Whether Apple took the configuration is not known. The same command resumes.</summary>
    Unconfirmed,
}

/// <summary>A registration that did not come to its end; the message tells an operator what is the case and what to do.</summary>
internal sealed class RegistrationException(RegistrationFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public RegistrationFault Fault => fault;
}
