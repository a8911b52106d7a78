using Microsoft.Data.SqlClient;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>The SQL Server for tests, from the environment, or why there is none.</summary>
internal static class TestServer
{
    public const string Variable = "NOTIFICATIONHUB_TEST_SQLSERVER";
    public const string RequireVariable = "NOTIFICATIONHUB_REQUIRE_SQLSERVER";
    public const string StoreVariable = "NOTIFICATIONHUB_TEST_STORE";

    private const int SecondsToAnswer = 15;

    private static readonly Lazy<string?> Fault = new(FindFault);

    private static string? ConnectionString => Environment.GetEnvironmentVariable(Variable);

    /// <summary>Whether the hubs of the tests use it.</summary>
    public static bool IsChosen =>
        Environment.GetEnvironmentVariable(StoreVariable) == "SqlServer" && ConnectionString is { Length: > 0 };

    /// <summary>Why a test that needs it is skipped; null if the test runs, or must fail because the server is required.</summary>
    public static string? SkipReason => Environment.GetEnvironmentVariable(RequireVariable) == "1" ? null : Fault.Value;

    /// <summary>Creates a database for one test.</summary>
    /// <returns>The connection string.</returns>
    public static string CreateDatabase()
    {
        var name = $"nh_test_{Guid.NewGuid():N}";
        using var connection = Open();
        Execute(connection, $"create database {name}");
        return Of(name);
    }

    public static void DropDatabase(string connectionString)
    {
        var name = new SqlConnectionStringBuilder(connectionString).InitialCatalog;
        using var connection = Open();
        try
        {
            Execute(connection, $"alter database {name} set single_user with rollback immediate");
        }
        catch (SqlException)
        {
            // Not every server supports this; the database is dropped anyway once it is not in use.
        }

        Execute(connection, $"drop database {name}");
    }

    private static string Of(string database) =>
        new SqlConnectionStringBuilder(
            ConnectionString is { Length: > 0 } given
                ? given
                : throw new InvalidOperationException(
                    $"{RequireVariable} is 1, and {Variable} is not set: give it the connection string of a SQL Server."
                )
        )
        {
            InitialCatalog = database,
        }.ConnectionString;

    private static SqlConnection Open()
    {
        var builder = new SqlConnectionStringBuilder(Of("master"))
        {
            Pooling = false,
            ConnectTimeout = SecondsToAnswer,
        };
        var connection = new SqlConnection(builder.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Execute(SqlConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 120;
        command.ExecuteNonQuery();
    }

    private static string? FindFault()
    {
        if (ConnectionString is not { Length: > 0 })
        {
            return $"Needs a SQL Server: set {Variable} to its connection string.";
        }

        try
        {
            using var connection = Open();
            return null;
        }
        catch (SqlException exception)
        {
            return $"The SQL Server of {Variable} does not respond: {exception.Message}";
        }
    }
}
