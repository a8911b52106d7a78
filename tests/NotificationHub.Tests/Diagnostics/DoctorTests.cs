using System.Runtime.Versioning;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;
using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.LocalBus;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Diagnostics;

/// <summary>The results of <c>doctor</c> for a healthy hub and for each failure.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task A_healthy_hub_passes_every_check_and_no_message_is_sent()
    {
        await using var scene = await DoctorScene.StartAsync();

        var run = await scene.RunAsync();

        DoctorScene.DiagnosticResultsOf(run, "failed").ShouldBeEmpty();
        DoctorScene.DiagnosticResultsOf(run, "not-checked").ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        DoctorScene
            .DiagnosticResultsOf(run, "ok")
            .Select(result => result.GetProperty("check").GetString())
            .Distinct(StringComparer.Ordinal)
            .ShouldBe([
                "database file",
                "database",
                "running hub",
                "key ring",
                "relay targets",
                "public URL",
                "Service Bus",
                "subscriptions",
                "Apple",
                "clock",
                "locations at Apple",
            ]);
        scene
            .Bus.Topics.SelectMany(topic => topic.Subscriptions)
            .ShouldAllBe(subscription => subscription.Messages.Count == 0);
    }

    [Fact]
    public async Task Without_a_database_checks_that_require_it_are_not_checked()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(
            folder.File("none.db"),
            "doctor",
            "--json",
            "--Apple:BaseUrl=http://127.0.0.1:1"
        );

        run.ExitCode.ShouldBe(ExitCode.Failed);
        DoctorScene.DiagnosticResultsOf(run, "failed")[0].Advice().ShouldContain("Start the hub");
        DoctorScene.DiagnosticResultsOf(run, "not-checked").Count.ShouldBe(9);
        File.Exists(folder.File("none.db")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_schema_of_another_version_fails()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("delete from schema_journal");

        var run = await CommandRun.OnAsync(test.File, "doctor", "--json", "--Apple:BaseUrl=http://127.0.0.1:1");

        DoctorScene.DiagnosticResultsOf(run, "failed")[0].Found().ShouldContain("older");
    }

    [Fact]
    public async Task A_database_that_cannot_be_written_fails()
    {
        await using var test = await TestDatabase.OpenAsync();
        await using var other = new SqliteConnection($"Data Source={test.File};Pooling=False");
        await other.OpenAsync();
        await using var held = other.BeginTransaction(deferred: false);

        var run = await CommandRun.OnAsync(
            test.File,
            "doctor",
            "--json",
            "--Apple:BaseUrl=http://127.0.0.1:1",
            "--Storage:LockTimeout=00:00:00"
        );

        DoctorScene.DiagnosticResultsOf(run, "failed")[0].Advice().ShouldContain("no other program locks the file");
    }

    [Fact]
    public async Task A_hub_that_is_not_running_fails()
    {
        await using var test = await TestDatabase.OpenAsync();

        var run = await CommandRun.OnAsync(test.File, "doctor", "--json", "--Apple:BaseUrl=http://127.0.0.1:1");

        DoctorScene
            .DiagnosticResultsOf(run, "failed")
            .ShouldContain(result => result.GetProperty("check").GetString() == "running hub");
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_key_that_other_users_can_read_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        var key = Directory.GetFiles(scene.KeyRing).First();
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var failure = await scene.FailureAsync("key ring");

        failure.Subject().ShouldBe(key);
        failure.Advice().ShouldContain("chmod");
    }

    [Fact]
    public async Task A_missing_key_ring_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        var elsewhere = Path.Combine(scene.KeyRing, "..", "elsewhere");

        var failure = await scene.FailureAsync("key ring", $"--KeyRing:Folder={elsewhere}");

        failure.Found().ShouldContain("no key");
        failure.Advice().ShouldContain("backup");
    }

    [Fact]
    public async Task A_content_token_of_another_key_ring_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        await scene.ExecuteAsync("update location set content_token = zeroblob(200)");

        var failure = await scene.FailureAsync("key ring");

        failure.Subject().ShouldBe(scene.LocationId);
        failure.Advice().ShouldContain("renew");
    }

    [Theory]
    [InlineData(AmqpConditions.UnauthorizedAccess, "Data Sender")]
    [InlineData(AmqpConditions.NotFound, "topics.json")]
    [InlineData(AmqpConditions.EntityDisabled, "Enable")]
    public async Task A_topic_that_rejects_the_hub_fails_with_advice(string condition, string advice)
    {
        await using var scene = await DoctorScene.StartAsync();
        scene.Bus.Faults.Refuse("users", condition);

        var failure = await scene.FailureAsync("Service Bus");

        failure.Subject().ShouldBe("users");
        failure.Advice().ShouldContain(advice);
    }

    [Fact]
    public async Task A_subscription_whose_rules_differ_from_the_declared_ones_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        await using (var client = new ServiceBusClient(scene.Bus.ConnectionString))
        await using (var rules = client.CreateRuleManager("users", "identity"))
        {
            await rules.DeleteRuleAsync("$Default");
            await rules.CreateRuleAsync("$Default", new TrueRuleFilter());
            await rules.CreateRuleAsync("extra", new SqlRuleFilter("change = 'removed'"));
            await rules.DeleteRuleAsync("own");
        }

        var failure = await scene.FailureAsync("subscriptions");

        failure.Subject().ShouldBe("users/identity");
        failure.Found().ShouldEndWith(": $Default, extra, own");
        failure.Advice().ShouldContain("remove-undeclared.sh");
    }

    [Fact]
    public async Task A_subscription_that_does_not_exist_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        await new ServiceBusAdministrationClient(scene.Bus.ConnectionString).DeleteSubscriptionAsync(
            "hub",
            "operations"
        );

        (await scene.FailureAsync("subscriptions")).Subject().ShouldBe("hub/operations");
    }

    [Fact]
    public async Task Without_the_right_to_receive_subscriptions_are_not_checked()
    {
        await using var scene = await DoctorScene.StartAsync();
        var wrong = scene.Bus.ConnectionString.Replace("AccessKey=", "AccessKey=other", StringComparison.Ordinal);

        var run = await scene.RunAsync($"--ServiceBus:ConnectionString={wrong}");

        var notChecked = DoctorScene.DiagnosticResultsOf(run, "not-checked");
        notChecked.Count.ShouldBe(scene.Bus.Topics.Sum(topic => topic.Subscriptions.Count));
        notChecked.ShouldAllBe(result => result.Found().Contains("Azure Service Bus Data Receiver"));
    }

    [Fact]
    public async Task If_Apple_does_not_respond_its_check_fails_and_the_clock_is_not_checked()
    {
        await using var scene = await DoctorScene.StartAsync();

        var run = await scene.RunAsync("--Apple:BaseUrl=http://127.0.0.1:1/mdm/v2");

        var failed = DoctorScene.DiagnosticResultsOf(run, "failed");
        failed.Single(result => result.GetProperty("check").GetString() == "Apple").Advice().ShouldContain("https");
        DoctorScene
            .DiagnosticResultsOf(run, "not-checked")
            .Select(result => result.GetProperty("check").GetString())
            .ShouldBe(["clock"]);
    }

    [Fact]
    public async Task A_location_that_another_server_took_over_fails()
    {
        // Otherwise, the hub's import could detect the takeover first.
        await using var scene = await DoctorScene.StartAsync("FullSync:Enabled=false");
        scene.Library.TakeOver("another-mdm", "Another");

        var failure = await scene.FailureAsync("locations at Apple");

        failure.Subject().ShouldBe(scene.LocationId);
        failure.Found().ShouldContain("another-mdm");
        (await scene.AuditedAsync()).ShouldBe([$"doctor: {scene.LocationId}, state valid to taken-over"]);
    }

    [Fact]
    public async Task The_default_output_is_a_table_followed_by_advice()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(folder.File("none.db"), "doctor", "--Apple:BaseUrl=http://127.0.0.1:1");

        run.Output.ShouldContain("FAILED");
        run.Output.ShouldContain("database: Start the hub");
    }
}
