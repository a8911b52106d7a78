using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace NotificationHub.LocalBus;

/// <summary>Delivers messages of a queue or session to a client, and applies the client's outcomes.</summary>
internal sealed class ReceiveLink : IMessageReceiver
{
    private const string SessionFilter = "com.microsoft:session-filter";
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(60);
    private readonly SendingAmqpLink link;
    private readonly MessageQueue queue;
    private MessageLine? session;
    private uint deliveryCount;

    private ReceiveLink(SendingAmqpLink link, MessageQueue queue)
    {
        (this.link, this.queue) = (link, queue);
        link.RegisterDispositionListener(OnDisposition);
        link.RegisterCreditListener(OnCredit);
    }

    public bool IsPeekLock => link.Settings.SettleType != SettleMode.SettleOnSend;

    public bool HasCredit => link.LinkCredit > 0 && link.State == AmqpObjectState.Opened;

    public static async Task OpenAsync(SendingAmqpLink link, MessageQueue queue)
    {
        var source = (Source)link.Settings.Source;
        object? filter = null;
        var takesSession = source.FilterSet is { } filters && filters.TryGetValue(SessionFilter, out filter);
        if (takesSession != queue.Settings.RequiresSession)
        {
            throw new AmqpException(
                AmqpConditions.NotAllowed,
                takesSession
                    ? "The subscription does not use sessions."
                    : "The subscription requires sessions. Use a session receiver."
            );
        }

        var receiver = new ReceiveLink(link, queue);
        if (takesSession)
        {
            await receiver.OpenSessionAsync((filter as DescribedType)?.Value as string ?? filter as string, source);
            return;
        }

        // A flow may arrive before the response to the attach is sent.
        link.Opened += (_, _) => queue.AddReceiver(receiver);
        link.Closed += (_, _) => ThreadPool.UnsafeQueueUserWorkItem(_ => queue.RemoveReceiver(receiver), null);
    }

    public bool TrySend(Guid lockToken, ArraySegment<byte> encoded)
    {
        try
        {
            var delivery = new EncodedDelivery(encoded) { DeliveryTag = new(lockToken.ToByteArray()) };
            if (!link.TrySendDelivery(delivery))
            {
                return false;
            }

            deliveryCount++;
            return true;
        }
        catch (Exception e) when (e is AmqpException or InvalidOperationException or IOException)
        {
            // The link is closing; its Closed event removes this receiver.
            return false;
        }
    }

    public void Close(string condition, string description) =>
        SendLink.Detach(link, new Error { Condition = condition, Description = description });

    private async Task OpenSessionAsync(string? id, Source source)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Closed += (_, _) => closed.TrySetResult();
        session = await queue.AcceptSessionAsync(id, this, Wait(), closed.Task);
        link.Closed += (_, _) => ThreadPool.UnsafeQueueUserWorkItem(_ => queue.EndSession(session, this), null);
        if (link.IsClosing())
        {
            queue.EndSession(session, this);
            return;
        }

        link.Opened += (_, _) => queue.StartSession(session, this);
        source.FilterSet[SessionFilter] = session.SessionId;
        link.Settings.Properties ??= [];
        link.Settings.Properties["com.microsoft:locked-until-utc"] = queue.SessionLockedUntil(session).Ticks;
    }

    /// <summary>The client's timeout, minus some time for the response.</summary>
    private TimeSpan Wait() =>
        link.Settings.Properties is { } properties
        && properties.TryGetValue("com.microsoft:timeout", out object value)
        && value is uint milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds * 0.9)
            : DefaultWait;

    private void OnCredit(uint more, bool isDrain, ArraySegment<byte> transaction)
    {
        queue.Deliver(session);
        if (isDrain)
        {
            // The library's own response lacks the drain flag, and the JavaScript SDK waits for it.
            deliveryCount += link.LinkCredit;
            link.Session.SendFlow(
                new Flow
                {
                    Handle = link.LocalHandle,
                    DeliveryCount = deliveryCount,
                    LinkCredit = 0,
                    Available = 0,
                    Drain = true,
                }
            );
        }
    }

    private void OnDisposition(Delivery delivery)
    {
        if (!IsPeekLock || delivery.State is null or Received)
        {
            return;
        }

        var token = new Guid(delivery.DeliveryTag.AsSpan());
        var response = Settle(token, delivery.State as Outcome);
        if (!delivery.Settled)
        {
            link.DisposeDelivery(delivery, settled: true, response);
        }
    }

    private Outcome Settle(Guid token, Outcome? outcome)
    {
        try
        {
            Settlement settlement = outcome switch
            {
                Accepted => new Settlement.Complete(),
                Released => new Settlement.Abandon(IsCounted: false),
                Modified { UndeliverableHere: true } deferred => new Settlement.Defer
                {
                    Changed = Changes(deferred.MessageAnnotations),
                },
                Modified abandoned => new Settlement.Abandon { Changed = Changes(abandoned.MessageAnnotations) },
                Rejected rejected => DeadLetter(rejected.Error?.Info),
                _ => throw new AmqpException(
                    AmqpConditions.NotImplemented,
                    "The local Service Bus does not support this outcome."
                ),
            };
            // The JavaScript SDK treats an echoed rejection as a failure.
            return queue.Settle(token, settlement)
                ? outcome is Rejected
                    ? AmqpConstants.AcceptedOutcome
                    : outcome
                : LockLost();
        }
        catch (AmqpException e)
        {
            return new Rejected { Error = e.Error };
        }
        catch (Exception e)
        {
            return new Rejected
            {
                Error = new Error { Condition = AmqpConditions.InternalError, Description = e.GetType().Name },
            };
        }
    }

    private Rejected LockLost() =>
        new()
        {
            Error = new Error
            {
                Condition = session is null ? AmqpConditions.MessageLockLost : AmqpConditions.SessionLockLost,
                Description = "The lock has expired, or the message is already settled.",
            },
        };

    private static Settlement DeadLetter(Fields? info)
    {
        var changes = Changes(info);
        changes.Remove("DeadLetterReason", out var reason);
        changes.Remove("DeadLetterErrorDescription", out var description);
        return new Settlement.DeadLetter(reason as string, description as string) { Changed = changes };
    }

    private static Dictionary<string, object> Changes(Fields? fields) =>
        fields is null ? [] : fields.ToDictionary(pair => pair.Key.Key.ToString()!, pair => pair.Value);
}

/// <summary>An encoded message on its way to a client.</summary>
internal sealed class EncodedDelivery(ArraySegment<byte> encoded) : Delivery
{
    private int sent;

    public override ArraySegment<byte>[] GetPayload(int payloadSize, out bool more)
    {
        var size = Math.Min(payloadSize, encoded.Count - sent);
        more = sent + size < encoded.Count;
        return [encoded.Slice(sent, size)];
    }

    protected override void OnCompletePayload(int payloadSize) => sent += payloadSize;
}
