using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>Reads on a connection that is closed afterwards.</summary>
internal static class DatabaseReads
{
    public static async Task<T> ReadAsync<T>(
        this Database database,
        Func<DbConnection, Task<T>> read,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await read(connection);
    }

    public static Task<IReadOnlyList<T>> QueryAsync<T>(
        this Database database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => connection.ListAsync<T>(sql, parameters), cancellationToken);

    public static Task<T?> ScalarAsync<T>(
        this Database database,
        string sql,
        object? parameters,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => connection.ExecuteScalarAsync<T>(sql, parameters), cancellationToken);

    public static async Task<IReadOnlyList<T>> ListAsync<T>(
        this DbConnection connection,
        string sql,
        object? parameters = null
    ) => (await connection.QueryAsync<T>(sql, parameters)).AsList();
}
