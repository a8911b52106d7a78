using System.Data.Common;
using NotificationHub.Health;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.WebConsole;

/// <param name="Notifications">Null if the log is empty or cannot be read, like <paramref name="Events"/>.</param>
/// <param name="DeadLetters">The number of open dead letters.</param>
internal sealed record Overview(HealthDetail Health, LogHead? Notifications, LogHead? Events, long DeadLetters);

/// <summary>Reads what the overview shows.</summary>
internal sealed class OverviewReader(HealthDetailReader health, Database database, DeadLetterStore deadLetters)
{
    public async Task<Overview> ReadAsync(CancellationToken cancellationToken)
    {
        var detail = await health.ReadAsync(cancellationToken);
        try
        {
            var (notifications, events) = await database.ReadAsync(FlowHistory.ReadHeadsAsync, cancellationToken);
            var open = await deadLetters.CountOpenAsync(cancellationToken);
            return new Overview(detail, notifications, events, open.Values.Sum());
        }
        catch (Exception exception) when (exception is DbException or StorageUnavailableException)
        {
            // The health detail says why.
            return new Overview(detail, null, null, DeadLetters: 0);
        }
    }
}
