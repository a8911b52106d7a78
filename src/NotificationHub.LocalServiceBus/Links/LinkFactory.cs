using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Transport;

namespace NotificationHub.LocalBus;

/// <summary>Opens the clients' links, or rejects them as Service Bus does.</summary>
internal sealed class LinkFactory(BusContext bus) : IRuntimeProvider
{
    private const uint Credit = 1000;
    private readonly TokenNode tokens = new(bus);
    private readonly ManagementNode management = new(bus);

    public AmqpConnection CreateConnection(
        TransportBase transport,
        ProtocolHeader protocolHeader,
        bool isInitiator,
        AmqpSettings amqpSettings,
        AmqpConnectionSettings connectionSettings
    ) => new BusConnection(transport, protocolHeader, amqpSettings, connectionSettings);

    public AmqpSession CreateSession(AmqpConnection connection, AmqpSessionSettings settings) =>
        throw new NotSupportedException("The broker accepts sessions and opens none.");

    public AmqpLink CreateLink(AmqpSession session, AmqpLinkSettings settings)
    {
        if (!settings.Role!.Value)
        {
            settings.InitialDeliveryCount = 0;
            return new SendingAmqpLink(session, settings);
        }

        settings.TotalLinkCredit = Credit;
        settings.AutoSendFlow = true;
        settings.MaxMessageSize = (ulong)bus.Options.MaxMessageBytes;
        var link = new ReceivingAmqpLink(session, settings);
        // The library would close the link that exceeds it. The message is rejected instead.
        link.Opened += (_, _) => settings.MaxMessageSize = null;
        return link;
    }

    public IAsyncResult BeginOpenLink(AmqpLink link, TimeSpan timeout, AsyncCallback callback, object state) =>
        TaskToAsyncResult.Begin(OpenAsync(link), callback, state);

    public void EndOpenLink(IAsyncResult result) => TaskToAsyncResult.End(result);

    private async Task OpenAsync(AmqpLink link)
    {
        try
        {
            await RouteAsync(link);
        }
        catch (AmqpException e) when (!IsExpected(e))
        {
            bus.Violations.Add($"link to {Address(link)}: {e.Error.Condition.Value}: {e.Error.Description}");
            throw;
        }
    }

    private async Task RouteAsync(AmqpLink link)
    {
        var connection = (BusConnection)link.Session.Connection;
        var address = Address(link);
        if (BusAddress.PathOf(address) == BusAddress.Tokens)
        {
            tokens.Open(connection, link);
            return;
        }

        var entity =
            BusAddress.Parse(address)
            ?? throw new AmqpException(
                AmqpConditions.NotFound,
                $"The messaging entity '{address}' could not be found."
            );
        if (!connection.Allows(entity.Path))
        {
            throw new AmqpException(AmqpConditions.UnauthorizedAccess, $"No valid token covers '{entity.Path}'.");
        }

        if (entity.IsManagement)
        {
            management.Open(connection, link, entity);
        }
        else if (link is ReceivingAmqpLink sender)
        {
            OpenSender(connection, sender, entity);
        }
        else
        {
            await ReceiveLink.OpenAsync((SendingAmqpLink)link, bus.Queue(entity));
        }
    }

    private void OpenSender(BusConnection connection, ReceivingAmqpLink link, BusAddress entity)
    {
        if (entity.Subscription is not null)
        {
            throw new AmqpException(AmqpConditions.NotAllowed, "A subscription takes no messages. Send to its topic.");
        }

        var topic = bus.Topic(entity.Topic);
        if (bus.Faults.Refusal(topic.Name) is { } condition && AmqpConditions.ClosesLinks(condition))
        {
            throw Fault.Exception(condition);
        }

        _ = new SendLink(connection, link, topic, bus);
    }

    /// <summary>Whether the error is an injected fault or normal operation, and so not a violation.</summary>
    private static bool IsExpected(AmqpException e) =>
        Fault.Is(e) || e.Error.Condition.Value is AmqpConditions.Timeout or AmqpConditions.SessionCannotBeLocked;

    private static string? Address(AmqpLink link) =>
        link.IsReceiver
            ? (link.Settings.Target as Target)?.Address?.ToString()
            : (link.Settings.Source as Source)?.Address?.ToString();
}

/// <summary>Errors of injected faults.</summary>
internal static class Fault
{
    private const string Description = "Injected fault.";

    public static Error Error(string condition, string? description = null) =>
        new() { Condition = condition, Description = description ?? Description };

    public static AmqpException Exception(string condition) => new(Error(condition));

    public static bool Is(AmqpException e) => e.Error.Description == Description;
}
