using System.Data.Common;

namespace NotificationHub.Storage;

internal static class DatabaseReads
{
    /// <summary>Reads on a connection that is closed afterwards.</summary>
    public static async Task<T> ReadAsync<T>(
        this Database database,
        Func<DbConnection, Task<T>> read,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await read(connection);
    }
}
