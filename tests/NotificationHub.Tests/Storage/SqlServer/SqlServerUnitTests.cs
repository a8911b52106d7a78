using System.Net;
using System.Net.Sockets;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Tests of the SQL Server engine that need no server.</summary>
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
    [InlineData("Server=db;Database=hub;Encrypt=True;TrustServerCertificate=True", true)]
    [InlineData("Server=db;Database=hub;Encrypt=Strict", true)]
    [InlineData("Server=db;Database=hub;Encrypt=False", false)]
    [InlineData("Server=db;Database=hub;Encrypt=Optional", false)]
    [InlineData("Server=db;Database=hub;encrypt=no", false)]
    public void A_connection_string_must_have_a_server_and_a_database(string connectionString, bool accepted)
    {
        var result = new StorageOptionsValidator().Validate(OptionsOf(connectionString));

        result.IsValid.ShouldBe(accepted);
        result.Errors.ShouldAllBe(error => !error.ErrorMessage.Contains("Bogus", StringComparison.Ordinal));
    }

    [Fact]
    public void The_provider_must_be_one_of_the_two_engines() =>
        new StorageOptionsValidator().Validate(new StorageOptions { Provider = "Oracle" }).IsValid.ShouldBeFalse();

    [Fact]
    public async Task The_display_name_of_a_database_contains_no_secret()
    {
        await using var database = StorageSetup.Create(
            OptionsOf("Server=db;Database=hub;User Id=user;Password=hidden"),
            TimeProvider.System
        );

        database.DisplayName.ShouldBe("db/hub");
        database.Engine.ShouldBe("SqlServer");
    }

    [Fact]
    public async Task A_server_that_does_not_respond_is_reported()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var database = StorageSetup.Create(
            OptionsOf($"Server=127.0.0.1,{port};Database=hub;User Id=user;Password=hidden;Connect Timeout=5"),
            TimeProvider.System
        );

        var fault = await Should.ThrowAsync<DatabaseOpenException>(() => database.OpenAsync(CancellationToken.None));

        fault.Message.ShouldContain("the server does not respond");
        fault.Message.ShouldNotContain("hidden");
        await Should.ThrowAsync<StorageUnavailableException>(() =>
            database.WriteAsync(_ => Task.FromResult(true), CancellationToken.None)
        );
    }

    [Fact]
    public async Task A_row_limit_uses_the_syntax_of_the_engine()
    {
        await using var sqlite = new SqliteConnection();
        await using var sqlServer = new SqlConnection();

        sqlite.Limit("@n").ShouldBe("limit @n");
        sqlServer.Limit("@n").ShouldBe("offset 0 rows fetch next @n rows only");
        sqlite.ByteLength("body").ShouldBe("length(body)");
        sqlServer.ByteLength("body").ShouldBe("datalength(body)");
        sqlite.UseIndex("event_log_topic").ShouldBeEmpty();
        sqlServer.UseIndex("event_log_topic").ShouldBe(" with (index(event_log_topic))");
    }

    [Fact]
    public void A_broken_socket_is_transient_and_an_error_in_our_code_is_not()
    {
        SqlServerErrorCodes.IsTransient(new IOException()).ShouldBeTrue();
        SqlServerErrorCodes.IsTransient(new TimeoutException()).ShouldBeTrue();
        SqlServerErrorCodes
            .IsTransient(new InvalidOperationException("The cursor is not there any more."))
            .ShouldBeFalse();
        SqlServerErrorCodes.IsTransient(new OperationCanceledException()).ShouldBeFalse();
        SqlServerErrorCodes.IsDuplicateKey(new IOException()).ShouldBeFalse();
    }

    [Theory]
    [InlineData(-2, true)]
    [InlineData(1205, true)]
    [InlineData(3960, true)]
    [InlineData(40613, true)]
    [InlineData(49920, true)]
    [InlineData(50001, true)]
    [InlineData(50002, true)]
    [InlineData(615, true)]
    [InlineData(921, true)]
    [InlineData(926, true)]
    [InlineData(945, true)]
    [InlineData(976, true)]
    [InlineData(978, true)]
    [InlineData(983, true)]
    [InlineData(1203, true)]
    [InlineData(1204, true)]
    [InlineData(3947, true)]
    [InlineData(3948, true)]
    [InlineData(3956, true)]
    [InlineData(3957, true)]
    [InlineData(3958, true)]
    [InlineData(3966, true)]
    [InlineData(3967, true)]
    [InlineData(6005, true)]
    [InlineData(8628, true)]
    [InlineData(8651, true)]
    [InlineData(17142, true)]
    [InlineData(18401, true)]
    [InlineData(42108, true)]
    [InlineData(42109, true)]
    [InlineData(547, false)]
    [InlineData(207, false)]
    [InlineData(2627, false)]
    [InlineData(3935, false)]
    [InlineData(18456, false)]
    public void Our_own_list_decides_which_server_errors_are_transient(int number, bool passes) =>
        SqlServerErrorCodes.IsTransient(ServerErrors.Of(number)).ShouldBe(passes);

    [Theory]
    [InlineData(2601, true)]
    [InlineData(2627, true)]
    [InlineData(547, false)]
    public void Both_error_numbers_of_a_duplicate_key_are_recognized(int number, bool isOne) =>
        SqlServerErrorCodes.IsDuplicateKey(ServerErrors.Of(number)).ShouldBe(isOne);

    [Fact]
    public async Task A_permanent_duplicate_key_is_a_failed_write_that_the_caller_can_recognize()
    {
        await using var database = StorageSetup.Create(OptionsOf("Server=db;Database=hub"), TimeProvider.System);

        var refusal = SqlServerWriter.Translate(ServerErrors.Of(2627), hasBegun: true);

        refusal.ShouldBeOfType<StorageUnavailableException>();
        database.IsDuplicateKey(refusal).ShouldBeTrue();
        database.IsDuplicateKey(new StorageUnavailableException("closed")).ShouldBeFalse();
    }

    [Fact]
    public void A_configured_connect_timeout_is_kept_and_no_pool_repeats_an_old_error()
    {
        var given = SqlServerDatabase.Settings("Server=db;Database=hub;Connect Timeout=60");

        var reader = new SqlConnectionStringBuilder(
            SqlServerDatabase.ConnectionString(given, "reader", pooling: true, 30)
        );

        reader.ConnectTimeout.ShouldBe(60);
        reader.PoolBlockingPeriod.ShouldBe(PoolBlockingPeriod.NeverBlock);
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData("User Id=sa;Password=p", 5)]
    [InlineData("Authentication=Sql Password;User Id=sa;Password=p", 5)]
    [InlineData("Connect Timeout=15", 15)]
    [InlineData("Connection Timeout=3", 3)]
    [InlineData("Timeout=60", 60)]
    [InlineData("Authentication=Active Directory Default", 15)]
    [InlineData("Authentication=Active Directory Managed Identity", 15)]
    [InlineData("Authentication=Active Directory Default;Connect Timeout=5", 5)]
    public void The_default_connect_timeout_is_short_unless_a_token_is_requested(string settings, int seconds)
    {
        var builder = SqlServerDatabase.Settings($"Server=db;Database=hub;{settings}");

        var reader = new SqlConnectionStringBuilder(
            SqlServerDatabase.ConnectionString(builder, "reader", pooling: true, 30)
        );

        reader.ConnectTimeout.ShouldBe(seconds);
    }

    private static StorageOptions OptionsOf(string connectionString) =>
        new() { Provider = StorageOptions.SqlServer, ConnectionString = connectionString };
}
