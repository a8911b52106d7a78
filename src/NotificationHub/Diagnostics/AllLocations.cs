using System.Runtime.CompilerServices;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

internal static class AllLocations
{
    /// <summary>Reads the locations that are not removed. No statement stays open while the caller uses them.</summary>
    public static async IAsyncEnumerable<Location> ReadAsync(
        Database database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string? after = null;
        while (
            await database.ReadAsync(connection => LocationStore.ListAsync(connection, after), cancellationToken)
                is { Count: > 0 } page
        )
        {
            foreach (var location in page.Where(location => location.State != LocationState.Removed))
            {
                yield return location;
            }

            after = page[^1].LocationId;
        }
    }
}
