using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace NotificationHub.LocalBus;

/// <summary>Accepts the messages that a client sends to a topic.</summary>
internal sealed class SendLink
{
    private readonly BusConnection connection;
    private readonly ReceivingAmqpLink link;
    private readonly LocalTopic topic;
    private readonly BusContext bus;
    private Task last = Task.CompletedTask;

    public SendLink(BusConnection connection, ReceivingAmqpLink link, LocalTopic topic, BusContext bus)
    {
        (this.connection, this.link, this.topic, this.bus) = (connection, link, topic, bus);
        connection.Senders[link] = topic.Name;
        link.Closed += (_, _) => connection.Senders.TryRemove(link, out var _);
        link.RegisterMessageListener(OnMessage);
    }

    /// <summary>Closes a link from outside its callbacks, which the library would wait for.</summary>
    public static void Detach(AmqpLink link, Error error) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => link.SafeClose(new AmqpException(error)), null);

    private void OnMessage(AmqpMessage message)
    {
        // The library calls this for one message after the other.
        if (bus.Faults.Delay > TimeSpan.Zero || !last.IsCompleted)
        {
            last = HandleLaterAsync(last, Task.Delay(bus.Faults.Delay, bus.Options.TimeProvider), message);
        }
        else
        {
            Handle(message);
        }
    }

    private async Task HandleLaterAsync(Task previous, Task delay, AmqpMessage message)
    {
        await previous;
        await delay;
        if (link.State == AmqpObjectState.Opened)
        {
            Handle(message);
        }
    }

    private void Handle(AmqpMessage message)
    {
        try
        {
            Process(message);
        }
        catch (AmqpException) when (link.IsClosing())
        {
            // The client is gone.
        }
        catch (AmqpException e)
        {
            bus.Violations.Add($"send to {topic.Name}: {e.Error.Condition.Value}: {e.Error.Description}");
            Reject(message, e.Error);
        }
        catch (Exception e)
        {
            // Without a response, the sender would wait until its timeout.
            bus.Violations.Add($"send to {topic.Name}: {e.GetType().Name}: {e.Message}");
            Reject(message, new Error { Condition = AmqpConditions.InternalError, Description = e.GetType().Name });
        }
    }

    private void Process(AmqpMessage message)
    {
        var fault = bus.Faults.Take(topic.Name);
        switch (fault?.Effect)
        {
            case FaultEffect.Reject:
                Reject(message, Fault.Error(fault.Condition, fault.Description));
                return;
            case FaultEffect.Detach:
                Detach(link, Fault.Error(fault.Condition));
                return;
            case FaultEffect.Cut:
                connection.Cut();
                return;
            case FaultEffect.NoResponse:
                return;
        }

        var encoded = Copy(message);
        if (encoded.Length > bus.Options.MaxMessageBytes)
        {
            throw new AmqpException(
                AmqpConditions.MessageSizeExceeded,
                $"The message has {encoded.Length} bytes; at most {bus.Options.MaxMessageBytes} are allowed."
            );
        }

        var messages = MessageDecoder.Decode(encoded, message.MessageFormat);
        if (Refusal(messages) is { } condition)
        {
            Reject(message, Fault.Error(condition));
            return;
        }

        if (topic.IsFull)
        {
            Reject(
                message,
                Fault.Error(
                    AmqpConditions.ResourceLimitExceeded,
                    $"The topic has reached its maximum size of {topic.MaxSizeInBytes} bytes."
                )
            );
            return;
        }

        topic.Accept(messages);
        if (fault?.Effect == FaultEffect.LostResponse)
        {
            connection.Cut();
            return;
        }

        link.DisposeMessage(message, AmqpConstants.AcceptedOutcome, settled: true, batchable: false);
        message.Dispose();
    }

    private string? Refusal(List<BusMessage> messages) =>
        bus.Faults.Poison is { } isPoison && messages.Exists(message => isPoison(message))
            ? AmqpConditions.ArgumentError
        : bus.Faults.MessageTooLarge is { } isTooLarge && messages.Exists(message => isTooLarge(message))
            ? AmqpConditions.MessageSizeExceeded
        : null;

    private void Reject(AmqpMessage message, Error error)
    {
        link.DisposeMessage(message, new Rejected { Error = error }, settled: true, batchable: false);
        message.Dispose();
    }

    /// <summary>The message's buffers belong to the library's pool.</summary>
    private static byte[] Copy(AmqpMessage message)
    {
        var buffers = message.RawByteBuffers;
        var copy = new byte[buffers.Sum(buffer => buffer.Length)];
        var length = 0;
        foreach (var buffer in buffers)
        {
            buffer.Buffer.AsSpan(buffer.Offset, buffer.Length).CopyTo(copy.AsSpan(length));
            length += buffer.Length;
        }

        return copy;
    }
}
