using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

// A secret that Apple has and the hub does not loses every notification. Anyone can cause such an event, so there is at most one
// per location and period.
internal sealed partial class UnauthorizedDeliveryReporter(
    Database database,
    LocationCredentialCache credentials,
    IOptions<IntakeOptions> options,
    TimeProvider time,
    ILogger<UnauthorizedDeliveryReporter> logger
) : PeriodicWorker("report unauthorized deliveries", Period, time, logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    /// <summary>Appends an event for each location with too many unauthorized deliveries since the last call.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        foreach (var location in credentials.All)
        {
            var count = location.TakeUnauthorized();
            if (count >= options.Value.UnauthorizedThreshold)
            {
                Log.Unauthorized(Logger, count, location.LocationId, Period);
                await AppendEventAsync(location.LocationId, count, cancellationToken);
            }
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);

    private Task AppendEventAsync(string locationId, long count, CancellationToken cancellationToken) =>
        database.WriteAsync(
            transaction =>
            {
                var now = Time.GetStoredUtcNow();
                transaction.AppendEvents([
                    NewEvent.Create(
                        EventNames.LocationRefused,
                        locationId,
                        subject: null,
                        new LocationRefused { Count = count, Since = now - Period },
                        EventJsonContext.Wire.LocationRefused,
                        now
                    ),
                ]);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Refused {Count} deliveries for location {LocationId} within {Period} (401): their notification secret is not accepted. "
                + "If Apple sent them, notifications are lost. Run `locations verify` to compare Apple's secret."
        )]
        public static partial void Unauthorized(ILogger logger, long count, string locationId, TimeSpan period);
    }
}
