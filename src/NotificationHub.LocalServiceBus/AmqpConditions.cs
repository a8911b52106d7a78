namespace NotificationHub.LocalBus;

/// <summary>Names of the AMQP errors that Service Bus returns.</summary>
public static class AmqpConditions
{
    /// <summary>The namespace is throttling; the SDK waits 10 seconds.</summary>
    public const string ServerBusy = "com.microsoft:server-busy";

    /// <summary>The topic or subscription is disabled.</summary>
    public const string EntityDisabled = "com.microsoft:entity-disabled";

    /// <summary>The topic or subscription already exists.</summary>
    public const string EntityAlreadyExists = "com.microsoft:entity-already-exists";

    /// <summary>The content of a message is invalid.</summary>
    public const string ArgumentError = "com.microsoft:argument-error";

    /// <summary>A value is outside its range.</summary>
    public const string ArgumentOutOfRange = "com.microsoft:argument-out-of-range";

    /// <summary>The service did not complete the operation in time.</summary>
    public const string Timeout = "com.microsoft:timeout";

    /// <summary>The lock on the message has expired, or the message is settled.</summary>
    public const string MessageLockLost = "com.microsoft:message-lock-lost";

    /// <summary>The message does not exist.</summary>
    public const string MessageNotFound = "com.microsoft:message-not-found";

    /// <summary>The lock on the session has expired.</summary>
    public const string SessionLockLost = "com.microsoft:session-lock-lost";

    /// <summary>Another receiver holds the session.</summary>
    public const string SessionCannotBeLocked = "com.microsoft:session-cannot-be-locked";

    /// <summary>The service failed.</summary>
    public const string InternalError = "amqp:internal-error";

    /// <summary>The topic or subscription does not exist.</summary>
    public const string NotFound = "amqp:not-found";

    /// <summary>The token is missing, invalid or expired.</summary>
    public const string UnauthorizedAccess = "amqp:unauthorized-access";

    /// <summary>The entity does not support the operation.</summary>
    public const string NotAllowed = "amqp:not-allowed";

    /// <summary>The local Service Bus does not support the operation.</summary>
    public const string NotImplemented = "amqp:not-implemented";

    /// <summary>The topic's quota is used up.</summary>
    public const string ResourceLimitExceeded = "amqp:resource-limit-exceeded";

    /// <summary>The message or batch is larger than the link allows.</summary>
    public const string MessageSizeExceeded = "amqp:link:message-size-exceeded";

    /// <summary>The service closes the link, for example to move the topic to another host.</summary>
    public const string DetachForced = "amqp:link:detach-forced";

    /// <summary>Whether Service Bus closes open links and refuses new ones with this error, instead of rejecting each message.</summary>
    internal static bool ClosesLinks(string condition) =>
        condition is EntityDisabled or NotFound or UnauthorizedAccess or "amqp:resource-deleted" or DetachForced;
}
