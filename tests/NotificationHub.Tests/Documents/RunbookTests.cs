using NotificationHub.Drill;
using NotificationHub.Storage.SqlServer;
using NotificationHub.Tests.Infrastructure;
using NotificationHub.Tests.Storage.SqlServer;

namespace NotificationHub.Tests.Documents;

public sealed class RunbookTests
{
    [BicepFact]
    public void Each_alert_has_an_entry_that_says_what_to_look_at_and_what_to_do()
    {
        foreach (var alert in AlertTests.Names)
        {
            var entry = Runbook.Entry(alert);
            entry.ShouldNotBeNull($"{alert} has no entry in docs/operations.md");
            entry.ShouldContain("**Look**", customMessage: alert);
            entry.ShouldContain("**Do**", customMessage: alert);
            Runbook.Text.ShouldContain($"(#{alert})", customMessage: $"{alert} is not in the table");
        }
    }

    [Theory]
    [InlineData("nothing comes from Apple any more")]
    [InlineData("is not at Apple as it is recorded")]
    public void What_health_says_of_a_location_is_told_of(string reason)
    {
        Source("Health/UnhealthyLocation.cs").ShouldContain(reason);
        Runbook.Text.ShouldContain($"| `location L: {reason}` |");
    }

    [Fact]
    public void What_the_log_says_of_a_key_ring_that_does_not_fit_is_told_of()
    {
        Source("Refetch/RefetchFailures.cs")
            .ShouldContain("The content token of location {LocationId} cannot be decrypted");
        Runbook.Text.ShouldContain("The content token of location … cannot be decrypted");
    }

    [Fact]
    public void Whatever_passes_by_itself_on_sql_server_and_may_last_is_told_of()
    {
        int[] numbers = [1222, 10928, 10929, 40197, 40501, 40613, 50001];

        foreach (var number in numbers)
        {
            SqlServerErrorCodes.IsTransient(ServerErrors.Of(number)).ShouldBeTrue();
            Runbook.Entry("answers-5xx")!.ShouldContain($"{number}");
        }
    }

    [Fact]
    public void Each_drill_is_quoted()
    {
        DrillScenario.All.Where(scenario => Runbook.QuotesOf(scenario.Name).Count == 0).ShouldBeEmpty();
    }

    private static string Source(string path) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Source", path));
}
