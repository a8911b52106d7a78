using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Finds what a request asks of which topic or subscription, and answers what cannot be done.</summary>
internal sealed class ServiceBusRequests(
    IReadOnlyList<SimulatedTopic> topics,
    SimulatedServiceBusOptions options,
    SimulatedServiceBusFaults faults,
    Violations violations
)
{
    private readonly SharedAccessCheck access = new(options.KeyName, options.Key, options.TimeProvider);
    private readonly SendEndpoint send = new(options, faults);

    public async Task HandleAsync(HttpContext context)
    {
        if (faults.Down)
        {
            context.Abort();
            return;
        }

        try
        {
            if (faults.Delay > TimeSpan.Zero)
            {
                await Task.Delay(faults.Delay, options.TimeProvider, context.RequestAborted);
            }

            access.Demand(context.Request);
            await RouteAsync(context);
        }
        catch (ServiceBusRefusal refusal)
        {
            violations.Add($"{context.Request.Method} {context.Request.Path}: {refusal.Status} {refusal.Message}");
            await ErrorAnswer.WriteAsync(context.Response, refusal.Status, refusal.Message);
        }
        catch (Exception e)
            when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Whoever asked is gone.
            context.Abort();
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var isPost = HttpMethods.IsPost(context.Request.Method);
        switch (context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case [var topic, "messages"] when isPost:
                await send.HandleAsync(context, Topic(topic));
                break;
            case [var topic, "subscriptions", var subscription, .. var rest]:
                await RouteAsync(context, Subscription(topic, subscription), rest);
                break;
            default:
                throw new ServiceBusRefusal(404, "There is nothing of this kind.");
        }
    }

    private static async Task RouteAsync(HttpContext context, SimulatedSubscription subscription, string[] path)
    {
        var queue = subscription.Queue;
        if (path is [var first, .. var rest] && first.Equals("$DeadLetterQueue", StringComparison.OrdinalIgnoreCase))
        {
            (queue, path) = (subscription.DeadLetters, rest);
        }

        switch (path)
        {
            case ["messages", "head"] when context.Request.Method is "POST" or "DELETE":
                await ReceiveEndpoint.TakeAsync(context, subscription, queue);
                break;
            case ["messages", var id, var lockToken]:
                ReceiveEndpoint.Settle(context, subscription, queue, id, lockToken);
                break;
            default:
                throw new ServiceBusRefusal(404, "There is nothing of this kind.");
        }
    }

    private SimulatedTopic Topic(string name) =>
        topics.FirstOrDefault(topic => topic.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ServiceBusRefusal(410, $"There is no topic {name}.");

    private SimulatedSubscription Subscription(string topic, string name) =>
        Topic(topic).Subscription(name)
        ?? throw new ServiceBusRefusal(410, $"Topic {topic} has no subscription {name}.");
}
