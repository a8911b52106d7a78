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
        List<(LocationCredentials Location, long Count)> refused =
        [
            .. credentials
                .All.Select(location => (Location: location, Count: location.TakeUnauthorized()))
                .Where(taken => taken.Count >= options.Value.UnauthorizedThreshold),
        ];
        if (refused.Count == 0)
        {
            return;
        }

        try
        {
            await AppendEventsAsync(refused, cancellationToken);
        }
        catch
        {
            refused.ForEach(taken => taken.Location.CountUnauthorized(taken.Count));
            throw;
        }

        refused.ForEach(taken => Log.Unauthorized(Logger, taken.Count, taken.Location.LocationId, Period));
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);

    private Task AppendEventsAsync(
        List<(LocationCredentials Location, long Count)> refused,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            transaction =>
            {
                var now = Time.GetStoredUtcNow();
                transaction.AppendEvents([
                    .. refused.Select(taken =>
                        NewEvent.Create(
                            EventNames.LocationRefused,
                            taken.Location.LocationId,
                            subject: null,
                            new LocationRefused { Count = taken.Count, Since = now - Period },
                            EventJsonContext.Wire.LocationRefused,
                            now
                        )
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
