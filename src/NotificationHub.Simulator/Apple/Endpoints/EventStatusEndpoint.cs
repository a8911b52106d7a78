namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class EventStatusEndpoint
{
    public static AppleEndpoint Get { get; } =
        AppleEndpoint.Get(
            "/status",
            ["eventId"],
            request =>
            {
                var status =
                    request.Location.EventStatus(request.Text("eventId") ?? "")
                    ?? throw new AppleException(AppleErrors.EventNotFound);
                foreach (var (name, value) in Envelope.Create(request))
                {
                    status[name] = value?.DeepClone();
                }

                return status;
            }
        );
}
