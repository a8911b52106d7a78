namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Where events are published to. With neither a namespace nor a connection string they are only kept for the feed.</summary>
internal sealed class ServiceBusOptions
{
    public const string Section = "ServiceBus";

    /// <summary>The namespace's host, such as <c>contoso.servicebus.windows.net</c>, entered with a Microsoft Entra identity.</summary>
    public string? FullyQualifiedNamespace { get; set; }

    /// <summary>The namespace's connection string with a shared access key, instead of an identity.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// How it is sent to: <c>Https</c>, or <c>Amqp</c> with the Service Bus SDK, which only a build with
    /// <c>-p:ServiceBusSdk=true</c> contains.
    /// </summary>
    public ServiceBusTransport Transport { get; set; } = ServiceBusTransport.Https;

    /// <summary>
    /// The most bytes of one request. Service Bus counts its own encoding of a batch, against 262144 bytes on the Standard
    /// tier and 1048576 on Premium: the default leaves Standard a quarter to spare; 786432 does so on Premium.
    /// </summary>
    public int MaxBatchBytes { get; set; } = 192 * 1024;

    /// <summary>
    /// How long one send may take, the fetching of a token included. A send begins only while more of the publisher's lease
    /// is left, so it must stay well below <c>Storage:LeaseDuration</c>.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(8);

    public bool IsConfigured => FullyQualifiedNamespace is { Length: > 0 } || ConnectionString is { Length: > 0 };
}

/// <summary>The protocols that Service Bus is sent to over.</summary>
internal enum ServiceBusTransport
{
    Https,
    Amqp,
}
