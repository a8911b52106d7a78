namespace NotificationHub.Simulator.ServiceBus;

/// <summary>A request that Service Bus would not do.</summary>
/// <param name="status">The HTTP status it answers.</param>
/// <param name="detail">Why, for the answer and for <see cref="SimulatedServiceBus.Violations"/>.</param>
internal sealed class ServiceBusRefusal(int status, string detail) : Exception(detail)
{
    public int Status => status;

    public static ServiceBusRefusal Malformed(string detail) => new(400, detail);
}
