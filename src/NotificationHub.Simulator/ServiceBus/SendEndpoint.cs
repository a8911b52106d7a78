using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary><c>POST /{topic}/messages</c>: one message, or a batch of them.</summary>
internal sealed class SendEndpoint(SimulatedServiceBusOptions options, SimulatedServiceBusFaults faults)
{
    public async Task HandleAsync(HttpContext context, SimulatedTopic topic)
    {
        var fault = faults.Take(topic.Name);
        if (fault is { Status: { } status })
        {
            context.Response.Headers.RetryAfter = fault.RetryAfter;
            await ErrorAnswer.WriteAsync(context.Response, status, "A fault of the simulation.");
            return;
        }

        var now = options.TimeProvider.GetUtcNow();
        var messages = await ReadAsync(context.Request, now, context.RequestAborted);
        if (faults.Poison is { } isPoison && messages.Exists(message => isPoison(message)))
        {
            await ErrorAnswer.WriteAsync(context.Response, 400, "A message of the batch is refused by the simulation.");
            return;
        }

        if (fault is null or { Stores: true })
        {
            topic.Accept(messages, now);
        }

        if (fault is not null)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = 201;
    }

    private async Task<List<BusMessage>> ReadAsync(
        HttpRequest request,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var buffer = ArrayPool<byte>.Shared.Rent(options.MaxBytes + 1);
        try
        {
            var body = buffer.AsMemory(0, options.MaxBytes + 1);
            var length = await request.Body.ReadAtLeastAsync(
                body,
                body.Length,
                throwOnEndOfStream: false,
                cancellationToken
            );
            if (length > options.MaxBytes)
            {
                throw new ServiceBusRefusal(403, $"The request is larger than the {options.MaxBytes} bytes allowed.");
            }

            return IsBatch(request)
                ? MessageBatch.Read(body.Span[..length], options.MaxBytes, now)
                : [SingleMessage.Read(request, body.Span[..length], options.MaxBytes, now)];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsBatch(HttpRequest request) =>
        request.ContentType?.Split(';')[0].Trim().Equals(MessageBatch.MediaType, StringComparison.OrdinalIgnoreCase)
        == true;
}
