using NotificationHub.CommandLine;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("locations", "list")]
    [InlineData("locations", "add", "--receive-only", "--url", "https://hub.example.com")]
    public async Task A_command_rejects_an_older_schema_and_says_how_to_update_it(params string[] command)
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("delete from schema_journal");

        var run = await CommandRun.OnAsync(test.File, command);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("older");
        run.Error.ShouldContain("migrate");
        (await test.ScalarAsync<long>("select count(*) from schema_journal")).ShouldBe(0);
        (await test.ScalarAsync<long>("select count(*) from location")).ShouldBe(0);
    }

    [Fact]
    public async Task A_command_rejects_an_empty_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("hub.db"), []);

        var run = await CommandRun.OnAsync(folder.File("hub.db"), "notifications", "list");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("older");
        new FileInfo(folder.File("hub.db")).Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_command_rejects_a_newer_schema()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("insert into schema_journal (name, sha256, applied_at) values ('9999_future', 'x', 1)");
        await test.ExecuteAsync("insert into breaking_migration (name) values ('9999_future')");

        var run = await CommandRun.OnAsync(test.File, "locations", "list");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("newer");
    }
}
