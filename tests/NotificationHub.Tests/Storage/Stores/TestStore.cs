using System.Net;
using Microsoft.Data.SqlClient;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>
/// Selects the engine and database of a test: a file in the test's folder, or a database on the SQL Server of <see cref="TestServer"/>,
/// which is dropped after the test.
/// </summary>
internal sealed class TestStore : IDisposable
{
    private const int DefaultPort = 1433;

    private TestStore(string provider, string connectionString, string? file = null)
    {
        Provider = provider;
        ConnectionString = connectionString;
        SqliteFile = file;
    }

    public string Provider { get; }

    public string ConnectionString { get; }

    public string? SqliteFile { get; }

    /// <summary>The server; null for a file.</summary>
    public DnsEndPoint? Server => IsSqlServer ? ServerOf(ConnectionString) : null;

    public bool IsSqlServer => Provider == StorageOptions.SqlServer;

    /// <summary>Settings as <c>Section:Key=value</c>.</summary>
    public IReadOnlyList<string> Settings =>
        [$"Storage:Provider={Provider}", $"Storage:ConnectionString={ConnectionString}"];

    public StorageOptions Options => new() { Provider = Provider, ConnectionString = ConnectionString };

    /// <summary>On the engine that the environment selects.</summary>
    public static TestStore At(string file) => TestServer.IsChosen ? OnSqlServer() : OnSqlite(file);

    public static TestStore OnSqlite(string file) => new(StorageOptions.Sqlite, $"Data Source={file}", file);

    public static TestStore OnSqlServer() => new(StorageOptions.SqlServer, TestServer.CreateDatabase());

    /// <summary>The same database through a listener on loopback.</summary>
    public TestStore Through(int? port) =>
        port is null
            ? this
            : new TestStore(
                Provider,
                new SqlConnectionStringBuilder(ConnectionString)
                {
                    DataSource = $"127.0.0.1,{port}",
                    // The certificate is for the server, not for the listener.
                    TrustServerCertificate = true,
                }.ConnectionString
            );

    public static DnsEndPoint ServerOf(string connectionString)
    {
        var source = new SqlConnectionStringBuilder(connectionString).DataSource;
        var place = (source.StartsWith("tcp:", StringComparison.Ordinal) ? source[4..] : source).Split(',');
        return new DnsEndPoint(place[0], place.Length > 1 ? int.Parse(place[1]) : DefaultPort);
    }

    public void Dispose()
    {
        // The folder is deleted with its file.
        if (IsSqlServer)
        {
            SqlConnection.ClearAllPools();
            TestServer.DropDatabase(ConnectionString);
        }
    }
}
