namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class EventStatusEndpoint
{
    public static AppleEndpoint Get { get; } =
        AppleEndpoint.Get(
            "/status",
            ["eventId"],
            request =>
            {
                var eventId = request.Text("eventId") ?? "";
                var status =
                    request.Location.EventStatus(eventId) ?? throw new AppleException(AppleErrors.EventNotFound);
                if (!request.Location.Limits.TryPoll(eventId, request.Context.Options.TimeProvider.GetUtcNow()))
                {
                    request.Context.Violations.Add("GET /status: an event is polled more often than every 30 seconds");
                }

                foreach (var (name, value) in Envelope.Create(request))
                {
                    status[name] = value?.DeepClone();
                }

                return status;
            }
        );
}
