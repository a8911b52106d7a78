using System.Collections.Concurrent;
using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>A consumer on the official SDK, with a session processor if the subscription requires sessions.</summary>
internal static class Receiver
{
    private const int Concurrency = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Receives and completes messages until the subscription is empty and has delivered this many.</summary>
    /// <returns>The messages in order of receipt if sessions are required, otherwise by sequence number.</returns>
    public static async Task<IReadOnlyList<ServiceBusReceivedMessage>> ReceiveAllAsync(
        LocalServiceBus bus,
        string topic,
        string subscription,
        CancellationToken cancellationToken,
        int atLeast = 0
    )
    {
        var source = bus.Subscription(topic, subscription);
        var received = new ConcurrentQueue<ServiceBusReceivedMessage>();
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new ServiceBusClient(bus.ConnectionString);
        await using var consumer = source.RequiresSession
            ? await StartSessionsAsync(client, topic, subscription, ReceiveAsync, FailAsync, cancellationToken)
            : await StartAsync(client, topic, subscription, ReceiveAsync, FailAsync, cancellationToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var startedAt = Stopwatch.GetTimestamp();
        while ((source.QueueCount > 0 || received.Count < atLeast) && !failed.Task.IsCompleted)
        {
            if (Stopwatch.GetElapsedTime(startedAt) > Limit)
            {
                throw new TimeoutException(
                    $"The subscription {topic}/{subscription} delivered {received.Count} messages within {Limit}, "
                        + $"and {source.QueueCount} are left."
                );
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        if (failed.Task.IsCompleted)
        {
            throw new InvalidOperationException(
                $"The subscription {topic}/{subscription} could not be received.",
                await failed.Task
            );
        }

        return source.RequiresSession ? [.. received] : [.. received.OrderBy(message => message.SequenceNumber)];

        Task ReceiveAsync(ServiceBusReceivedMessage message)
        {
            received.Enqueue(message);
            return Task.CompletedTask;
        }

        Task FailAsync(ProcessErrorEventArgs arguments)
        {
            failed.TrySetResult(arguments.Exception);
            return Task.CompletedTask;
        }
    }

    private static async Task<IAsyncDisposable> StartAsync(
        ServiceBusClient client,
        string topic,
        string subscription,
        Func<ServiceBusReceivedMessage, Task> receive,
        Func<ProcessErrorEventArgs, Task> fail,
        CancellationToken cancellationToken
    )
    {
        var processor = client.CreateProcessor(
            topic,
            subscription,
            new ServiceBusProcessorOptions { MaxConcurrentCalls = Concurrency, PrefetchCount = 100 }
        );
        processor.ProcessMessageAsync += arguments => receive(arguments.Message);
        processor.ProcessErrorAsync += fail;
        await processor.StartProcessingAsync(cancellationToken);
        return processor;
    }

    private static async Task<IAsyncDisposable> StartSessionsAsync(
        ServiceBusClient client,
        string topic,
        string subscription,
        Func<ServiceBusReceivedMessage, Task> receive,
        Func<ProcessErrorEventArgs, Task> fail,
        CancellationToken cancellationToken
    )
    {
        var processor = client.CreateSessionProcessor(
            topic,
            subscription,
            new ServiceBusSessionProcessorOptions { MaxConcurrentSessions = Concurrency, PrefetchCount = 100 }
        );
        processor.ProcessMessageAsync += arguments => receive(arguments.Message);
        processor.ProcessErrorAsync += fail;
        await processor.StartProcessingAsync(cancellationToken);
        return processor;
    }
}
