using System.Text;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <param name="Items">The newest first.</param>
/// <param name="Next">Continue before this seq; null at the beginning of the log.</param>
/// <param name="SearchedBackTo">The time of the oldest event that was searched; null at the beginning of the log.</param>
internal sealed record EventPage(IReadOnlyList<EventEntry> Items, long? Next, DateTimeOffset? SearchedBackTo);

/// <summary>Searches the event log, the newest event first.</summary>
internal sealed class EventListing(Database database, BackwardSearch search)
{
    /// <param name="filter">The conditions.</param>
    /// <param name="person">The device or user that the event's data names; without either, all events match.</param>
    /// <param name="since">Only events from this time on.</param>
    /// <param name="until">Only events before this time.</param>
    /// <param name="before">Only events before this seq.</param>
    /// <param name="limit">The maximum number of events.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async Task<EventPage> ReadAsync(
        EventFilter filter,
        NotificationFilter person,
        DateTimeOffset? since,
        DateTimeOffset? until,
        long? before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var conditions = filter with
        {
            Texts =
            [
                .. ((string?[])[person.SerialNumber, person.ClientUserId])
                    .OfType<string>()
                    .Select(Encoding.UTF8.GetBytes),
            ],
        };
        Predicate<EventEntry>? matches = person.IsPersonal ? entry => person.Matches(entry.Data) : null;
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var log = TimedLog.Events;
        var found = await search.RunAsync(
            connection,
            log,
            await log.FindRangeAsync(connection, since, until, before),
            limit,
            BackwardSearch.PageTime,
            (window, rows) =>
                EventLog.ReadLatestAsync(connection, window, conditions, matches, rows, cancellationToken),
            entry => entry.Seq
        );
        return new EventPage(
            found.Rows,
            found.Before,
            found.Before is { } next ? await log.ReadTimeAsync(connection, next) : null
        );
    }
}
