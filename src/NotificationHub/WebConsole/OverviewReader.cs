using System.Data.Common;
using NotificationHub.Health;
using NotificationHub.Storage;

namespace NotificationHub.WebConsole;

/// <param name="Notifications">Null if the log is empty or cannot be read, like <paramref name="Events"/>.</param>
internal sealed record Overview(HealthDetail Health, LogHead? Notifications, LogHead? Events);

/// <summary>Reads what the overview shows.</summary>
internal sealed class OverviewReader(HealthDetailReader health, Database database)
{
    public async Task<Overview> ReadAsync(CancellationToken cancellationToken)
    {
        var detail = await health.ReadAsync(cancellationToken);
        try
        {
            var (notifications, events) = await database.ReadAsync(FlowHistory.ReadHeadsAsync, cancellationToken);
            return new Overview(detail, notifications, events);
        }
        catch (Exception exception) when (exception is DbException or StorageUnavailableException)
        {
            // The health detail says why.
            return new Overview(detail, null, null);
        }
    }
}
