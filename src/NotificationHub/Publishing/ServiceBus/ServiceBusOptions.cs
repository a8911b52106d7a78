namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Where events are published to. With neither a namespace nor a connection string they are only kept for the feed.</summary>
internal sealed class ServiceBusOptions
{
    public const string Section = "ServiceBus";

    /// <summary>The namespace's host, such as <c>contoso.servicebus.windows.net</c>, entered with a Microsoft Entra identity.</summary>
    public string? FullyQualifiedNamespace { get; set; }

    /// <summary>The namespace's connection string with a shared access key, instead of an identity.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether to connect by AMQP over WebSockets (port 443, through proxies) instead of AMQP (port 5671).</summary>
    public bool UseWebSockets { get; set; }

    /// <summary>
    /// How long one send may take, the fetching of a token included. A send begins only while more of the publisher's lease
    /// is left, so it must stay well below <c>Storage:LeaseDuration</c>.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(8);

    public bool IsConfigured => FullyQualifiedNamespace is { Length: > 0 } || ConnectionString is { Length: > 0 };
}
