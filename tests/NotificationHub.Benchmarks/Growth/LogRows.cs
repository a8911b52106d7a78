using System.Security.Cryptography;
using System.Text;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Intake;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>Generates the log rows that the load's deliveries would leave, without sending them.</summary>
internal sealed class LogRows
{
    private const int Assignments = 3;
    private const string Type = "ASSET_MANAGEMENT";

    // About the age of the rows that retention deletes.
    private static readonly TimeSpan Age = TimeSpan.FromDays(40);

    private readonly byte[] locationId = Encoding.UTF8.GetBytes(HubServer.LocationId);
    private readonly byte[] type = Encoding.UTF8.GetBytes(Type);
    private readonly byte[] uId = Encoding.UTF8.GetBytes(HubServer.UId);
    private readonly DeliveryTemplate template = new(new Uri("http://127.0.0.1/"), "", Assignments);
    private readonly DateTimeOffset receivedAt = TimeProvider.System.GetUtcNow() - Age;
    private readonly byte[] request;
    private readonly NewEvent[] events;

    public LogRows()
    {
        request = template.NewRequest();
        var router = new NotificationRouter(NotificationRoutes.All);
        events = [.. Enumerable.Range(0, DeliveryTemplate.Apps).Select(app => Route(router, Notification(app)))];
    }

    /// <summary>The delivery of that number, as intake appends it to the log.</summary>
    public NotificationAppend Notification(long number)
    {
        template.Number(request, number);
        var (body, id) = template.BodyOf(request);
        return new NotificationAppend
        {
            LocationId = locationId,
            DedupHash = IntakeEndpoint.DedupHash(locationId, body.AsSpan(id)),
            NotificationId = body.AsMemory(id),
            NotificationType = type,
            UId = uId,
            Body = body,
            BodySha256 = SHA256.HashData(body),
            ReceivedAt = receivedAt,
            RemoteAddress = "127.0.0.1",
        };
    }

    /// <summary>The event that routing creates for the delivery of that number.</summary>
    public NewEvent Event(long number, long seq) =>
        events[number % DeliveryTemplate.Apps] with
        {
            NotificationSeq = seq,
        };

    private static NewEvent Route(NotificationRouter router, NotificationAppend append)
    {
        var entry = new NotificationEntry
        {
            Seq = 0,
            LocationId = HubServer.LocationId,
            NotificationType = Type,
            UId = HubServer.UId,
            Body = append.Body.ToArray(),
            BodySha256 = append.BodySha256,
            ReceivedAt = append.ReceivedAt,
            Disposition = Disposition.Accepted,
            Conflict = false,
        };
        return router.Route(entry, new RoutedLocation(HubServer.UId, Refetches: true)).Events.Single();
    }
}
