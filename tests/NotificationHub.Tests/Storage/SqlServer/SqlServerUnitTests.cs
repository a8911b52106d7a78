using System.Net;
using System.Net.Sockets;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>What the engine for SQL Server does without one.</summary>
public sealed class SqlServerUnitTests
{
    [Theory]
    [InlineData("Server=db;Database=hub;Authentication=Active Directory Default", true)]
    [InlineData("Server=tcp:127.0.0.1,1433;Initial Catalog=hub;User Id=sa;Password=p", true)]
    [InlineData("Server=db", false)]
    [InlineData("Database=hub", false)]
    [InlineData("Data Source=data/notificationhub.db", false)]
    [InlineData("Bogus=1", false)]
    [InlineData("Server=db;Database=hub;Connect Timeout=soon", false)]
    [InlineData("", false)]
    public void A_connection_string_names_a_server_and_a_database(string connectionString, bool accepted)
    {
        var result = new StorageOptionsValidator().Validate(OptionsOf(connectionString));

        result.IsValid.ShouldBe(accepted);
        result.Errors.ShouldAllBe(error => !error.ErrorMessage.Contains("Bogus", StringComparison.Ordinal));
    }

    [Fact]
    public void A_provider_is_one_of_the_two() =>
        new StorageOptionsValidator().Validate(new StorageOptions { Provider = "Oracle" }).IsValid.ShouldBeFalse();

    [Fact]
    public async Task The_place_of_a_database_says_nothing_secret()
    {
        await using var database = StorageSetup.Create(
            OptionsOf("Server=db;Database=hub;User Id=somebody;Password=hidden"),
            TimeProvider.System
        );

        database.Place.ShouldBe("db/hub");
        database.Engine.ShouldBe("SqlServer");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_to_be_so()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var database = StorageSetup.Create(
            OptionsOf($"Server=127.0.0.1,{port};Database=hub;User Id=somebody;Password=hidden;Connect Timeout=5"),
            TimeProvider.System
        );

        var fault = await Should.ThrowAsync<DatabaseOpenException>(() => database.OpenAsync(CancellationToken.None));

        fault.Message.ShouldContain("no server answers there");
        fault.Message.ShouldNotContain("hidden");
        await Should.ThrowAsync<StorageUnavailableException>(() =>
            database.WriteAsync(_ => Task.FromResult(true), CancellationToken.None)
        );
    }

    [Fact]
    public async Task A_row_limit_is_spelled_as_the_connection_knows_it()
    {
        await using var sqlite = new SqliteConnection();
        await using var sqlServer = new SqlConnection();

        sqlite.Limit("@n").ShouldBe("limit @n");
        sqlServer.Limit("@n").ShouldBe("offset 0 rows fetch next @n rows only");
        sqlite.ByteLength("body").ShouldBe("length(body)");
        sqlServer.ByteLength("body").ShouldBe("datalength(body)");
    }

    [Fact]
    public void A_broken_socket_passes_and_a_fault_of_our_own_does_not()
    {
        SqlServerFaults.IsPassing(new IOException()).ShouldBeTrue();
        SqlServerFaults.IsPassing(new TimeoutException()).ShouldBeTrue();
        SqlServerFaults.IsPassing(new InvalidOperationException("The cursor is not there any more.")).ShouldBeFalse();
        SqlServerFaults.IsPassing(new OperationCanceledException()).ShouldBeFalse();
        SqlServerFaults.IsDuplicateKey(new IOException()).ShouldBeFalse();
    }

    [Theory]
    [InlineData(-2, true)]
    [InlineData(1205, true)]
    [InlineData(3960, true)]
    [InlineData(40613, true)]
    [InlineData(49920, true)]
    [InlineData(50001, true)]
    [InlineData(50002, true)]
    [InlineData(547, false)]
    [InlineData(207, false)]
    [InlineData(2627, false)]
    [InlineData(18456, false)]
    public void Which_errors_of_the_server_pass_is_our_own_list(int number, bool passes) =>
        SqlServerFaults.IsPassing(ServerErrors.Of(number)).ShouldBe(passes);

    [Theory]
    [InlineData(2601, true)]
    [InlineData(2627, true)]
    [InlineData(547, false)]
    public void Two_rows_of_one_key_are_told_by_either_number(int number, bool isOne) =>
        SqlServerFaults.IsDuplicateKey(ServerErrors.Of(number)).ShouldBe(isOne);

    private static StorageOptions OptionsOf(string connectionString) =>
        new() { Provider = StorageOptions.SqlServer, ConnectionString = connectionString };
}
