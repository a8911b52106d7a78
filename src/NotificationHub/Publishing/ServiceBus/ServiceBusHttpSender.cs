using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.ObjectPool;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Sends over Service Bus's HTTPS interface: <c>POST {namespace}/{topic}/messages</c>.</summary>
internal sealed class ServiceBusHttpSender(
    Uri endpoint,
    HttpPipeline pipeline,
    ServiceBusOptions options,
    TimeProvider time
) : ITopicSender
{
    private readonly ObjectPool<MessageBatchWriter> writers = ObjectPool.Create<MessageBatchWriter>();

    // The array's brackets are two bytes more; the first message has no comma, which Measure counts with each.
    public int MaxBatchBytes => options.MaxBatchBytes - 1;

    public int Measure(TopicMessage message)
    {
        var writer = writers.Get();
        var bytes = writer.Measure(message) + 1;
        writers.Return(writer);
        return bytes;
    }

    public async Task SendAsync(string topic, IReadOnlyList<TopicMessage> batch, CancellationToken cancellationToken)
    {
        var writer = writers.Get();
        using var message = CreateRequest(topic, writer.Write(batch));
        using var timeout = new CancellationTokenSource(options.SendTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await pipeline.SendAsync(message, either.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw SendFaults.Unanswered(topic, exception, timeout.IsCancellationRequested ? options.SendTimeout : null);
        }

        ServiceBusAnswer.DemandAccepted(topic, batch.Count, message.Response, time.GetUtcNow());

        // Only now nobody reads the buffer any more: after a timeout or an early refusal the transport may still be sending.
        writers.Return(writer);
    }

    private HttpMessage CreateRequest(string topic, ReadOnlyMemory<byte> batch)
    {
        var message = pipeline.CreateMessage();
        var request = message.Request;
        request.Method = RequestMethod.Post;
        request.Uri.Reset(endpoint);
        request.Uri.AppendPath(topic, escape: true);
        request.Uri.AppendPath("/messages", escape: false);
        request.Headers.SetValue(HttpHeader.Names.ContentType, MessageBatchWriter.MediaType);
        request.Content = RequestContent.Create(batch);
        return message;
    }
}
