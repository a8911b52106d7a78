using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

/// <summary>A database in a temporary folder of its own, which goes when the test ends.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("notificationhub-");

    private TestDatabase(Action<StorageOptions>? configure)
    {
        Options = new StorageOptions { ConnectionString = $"Data Source={File}" };
        configure?.Invoke(Options);
        Database = new SqliteDatabase(Options);
    }

    public StorageOptions Options { get; }

    public SqliteDatabase Database { get; }

    public string File => Path.Combine(folder.FullName, "test.db");

    public static async Task<TestDatabase> OpenAsync(Action<StorageOptions>? configure = null)
    {
        var test = new TestDatabase(configure);
        await test.Database.OpenAsync(CancellationToken.None);
        return test;
    }

    public async Task<T?> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        Database.WriteAsync(transaction => transaction.ExecuteAsync(sql, parameters), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
