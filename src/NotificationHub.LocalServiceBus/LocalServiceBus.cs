using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Sasl;
using Microsoft.Azure.Amqp.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace NotificationHub.LocalBus;

/// <summary>
/// A Service Bus namespace inside the process, for the official SDKs, with the topics of a topology. One port serves
/// AMQP 1.0, AMQP over WebSockets and the administration client's HTTP, without TLS. Everything is in memory. It refuses
/// what Service Bus rejects, and lists it in <see cref="Violations"/>.
/// </summary>
public sealed class LocalServiceBus : IAsyncDisposable
{
    private static ReadOnlySpan<byte> ProtocolName => "AMQP"u8;

    private static readonly AmqpVersion Version = new(1, 0, 0);
    private readonly BusContext context;
    private readonly AmqpSettings settings;
    private readonly AdministrationEndpoint administration;
    private readonly KestrelListener listener = new();
    private readonly ConcurrentDictionary<BusConnection, byte> connections = new();
    private readonly ConcurrentDictionary<ConnectionContext, byte> sockets = new();
    private volatile WebApplication? server;
    private int port;

    private LocalServiceBus(LocalServiceBusOptions options)
    {
        context = new BusContext(options);
        administration = new AdministrationEndpoint(context);
        port = options.Port;
        settings = CreateSettings(new LinkFactory(context));
        new AmqpTransportListener([listener], settings).Listen(OnAccepted);
        Faults.OnDown = CutAll;
        Faults.OnRefused = CloseSenders;
    }

    /// <summary>The namespace's address.</summary>
    public Uri Endpoint => new($"sb://{Host}:{port}/");

    /// <summary>A connection string with all rights.</summary>
    public string ConnectionString =>
        $"Endpoint=sb://{Host}:{port};SharedAccessKeyName={context.Options.KeyName};"
        + $"SharedAccessKey={context.Options.Key};UseDevelopmentEmulator=true";

    /// <summary>The clock of locks, schedules and expirations.</summary>
    public TimeProvider Time => context.Options.TimeProvider;

    /// <summary>The topics.</summary>
    public IReadOnlyList<LocalTopic> Topics => context.Topics;

    /// <summary>Faults to inject.</summary>
    public LocalServiceBusFaults Faults => context.Faults;

    /// <summary>Client errors that Service Bus rejects, or that lose messages.</summary>
    public ViolationCollection Violations => context.Violations;

    private string Host =>
        context.Options.Address.Equals(IPAddress.Any) || context.Options.Address.Equals(IPAddress.IPv6Any)
            ? "localhost"
            : context.Options.Address.ToString();

    /// <summary>Starts a namespace.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<LocalServiceBus> StartAsync(
        LocalServiceBusOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var bus = new LocalServiceBus(options ?? new LocalServiceBusOptions());
        await bus.ListenAsync(cancellationToken);
        return bus;
    }

    /// <summary>The topic of that name.</summary>
    public LocalTopic Topic(string name) =>
        Topics.FirstOrDefault(topic => topic.Name == name)
        ?? throw new ArgumentException($"There is no topic {name}.", nameof(name));

    /// <summary>The topic's subscription of that name.</summary>
    public LocalSubscription Subscription(string topic, string subscription) =>
        Topic(topic).Subscription(subscription)
        ?? throw new ArgumentException($"Topic {topic} has no subscription {subscription}.", nameof(subscription));

    /// <inheritdoc cref="LocalSubscription.Messages"/>
    public IReadOnlyList<BusMessage> Messages(string topic, string subscription) =>
        Subscription(topic, subscription).Messages;

    /// <inheritdoc cref="LocalSubscription.Tap"/>
    public ChannelReader<BusMessage> Tap(string topic, string subscription) => Subscription(topic, subscription).Tap();

    /// <summary>Cuts all connections and rejects new ones. Messages are kept.</summary>
    public async Task StopListeningAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref server, null) is { } stopped)
        {
            CutAll();
            // Nothing is left to wait for.
            await stopped.StopAsync(new CancellationToken(canceled: true));
            await stopped.DisposeAsync();
        }
    }

    /// <summary>Listens again, on the same port.</summary>
    public Task ResumeListeningAsync(CancellationToken cancellationToken = default) =>
        server is null ? ListenAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Stops listening and drops all messages.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync(CancellationToken.None);
        foreach (var topic in Topics)
        {
            topic.Dispose();
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ListenOptions? listening = null;
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(
                    context.Options.Address,
                    port,
                    options =>
                    {
                        listening = options;
                        options.Protocols = HttpProtocols.Http1;
                        options.Use(next => connection => AcceptAsync(connection, next));
                    }
                )
            );
        builder.Services.AddLogging();
        var application = builder.Build();
        application.UseWebSockets();
        application.Run(context =>
            context.WebSockets.IsWebSocketRequest ? listener.AcceptAsync(context) : administration.HandleAsync(context)
        );
        server = application;
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            server = null;
            await application.DisposeAsync();
            throw;
        }

        port = listening!.IPEndPoint!.Port;
    }

    private async Task AcceptAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        sockets[connection] = 0;
        try
        {
            if (Faults.Down || server is null)
            {
                connection.Abort();
                return;
            }

            await ServeAsync(connection, http);
        }
        finally
        {
            sockets.TryRemove(connection, out _);
        }
    }

    /// <summary>Serves AMQP and HTTP on one port.</summary>
    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        var input = connection.Transport.Input;
        var start = await input.ReadAtLeastAsync(ProtocolName.Length, connection.ConnectionClosed);
        var isAmqp = start.Buffer.Length >= ProtocolName.Length && StartsAmqp(start.Buffer);
        input.AdvanceTo(start.Buffer.Start);
        await (isAmqp ? listener.AcceptAsync(connection) : http(connection));
    }

    private static bool StartsAmqp(ReadOnlySequence<byte> bytes)
    {
        Span<byte> name = stackalloc byte[ProtocolName.Length];
        bytes.Slice(0, name.Length).CopyTo(name);
        return name.SequenceEqual(ProtocolName);
    }

    private void OnAccepted(TransportListener from, TransportAsyncCallbackArgs args)
    {
        var connection = (BusConnection)
            settings.RuntimeProvider.CreateConnection(
                args.Transport,
                (ProtocolHeader)args.UserToken,
                false,
                settings,
                new AmqpConnectionSettings { ContainerId = "local-service-bus", MaxFrameSize = 64 * 1024 }
            );
        connections[connection] = 0;
        connection.Closed += (_, _) => connections.TryRemove(connection, out var _);
        try
        {
            connection.BeginOpen(AmqpConstants.DefaultTimeout, result => EndOpen(connection, result), connection);
        }
        catch (Exception e)
            when (e is AmqpException or InvalidOperationException or IOException or OperationCanceledException)
        {
            connection.SafeClose(e);
        }
    }

    private static void EndOpen(BusConnection connection, IAsyncResult result)
    {
        try
        {
            connection.EndOpen(result);
        }
        catch (Exception e)
        {
            // The client went away before the connection was open.
            connection.SafeClose(e);
        }
    }

    private void CutAll()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Abort();
        }

        // Those that are not AMQP, or not yet.
        foreach (var socket in sockets.Keys)
        {
            socket.Abort();
        }
    }

    private void CloseSenders(string topic, string condition)
    {
        if (!AmqpConditions.ClosesLinks(condition))
        {
            return;
        }

        foreach (var (link, name) in connections.Keys.SelectMany(connection => connection.Senders))
        {
            if (name.Equals(topic, StringComparison.OrdinalIgnoreCase))
            {
                SendLink.Detach(link, Fault.Error(condition));
            }
        }
    }

    private static AmqpSettings CreateSettings(IRuntimeProvider provider)
    {
        var sasl = new SaslTransportProvider();
        sasl.AddHandler(new SaslAnonymousHandler("MSSBCBS"));
        sasl.AddHandler(new SaslAnonymousHandler());
        sasl.Versions.Add(Version);
        var amqp = new AmqpTransportProvider();
        amqp.Versions.Add(Version);
        var settings = new AmqpSettings { RuntimeProvider = provider };
        settings.TransportProviders.Add(sasl);
        settings.TransportProviders.Add(amqp);
        return settings;
    }
}
