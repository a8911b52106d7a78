using NotificationHub.Drill;
using NotificationHub.Storage.SqlServer;
using NotificationHub.Tests.Infrastructure;
using NotificationHub.Tests.Storage.SqlServer;

namespace NotificationHub.Tests.Documents;

public sealed class RunbookTests
{
    [BicepFact]
    public void Each_alert_has_an_entry_that_says_what_to_check_and_what_to_do()
    {
        foreach (var alert in AlertTests.Names)
        {
            var entry = Runbook.Entry(alert);
            entry.ShouldNotBeNull($"{alert} has no entry in docs/runbook.md");
            entry.ShouldContain("**Check**", customMessage: alert);
            entry.ShouldContain("**Do**", customMessage: alert);
            Runbook.Text.ShouldContain($"(#{alert})", customMessage: $"{alert} is not in the table");
        }
    }

    [Theory]
    [InlineData("Apple has stopped sending notifications")]
    [InlineData("Client Config at Apple differs from the stored settings")]
    public void Each_reason_of_an_unhealthy_location_has_an_entry(string reason)
    {
        Source("Locations/Monitoring/LocationHealth.cs").ShouldContain(reason);
        Runbook.Text.ShouldContain($"| `location L: {reason}` |");
    }

    [Fact]
    public void The_log_line_for_an_undecryptable_content_token_has_an_entry()
    {
        Source("Refetch/RefetchFailures.cs")
            .ShouldContain("The content token of location {LocationId} cannot be decrypted");
        Runbook.Text.ShouldContain("The content token of location … cannot be decrypted");
    }

    [Fact]
    public void Each_transient_error_of_SQL_Server_that_may_last_has_an_entry()
    {
        int[] numbers = [1222, 10928, 10929, 40197, 40501, 40613, 50001];

        foreach (var number in numbers)
        {
            SqlServerErrorCodes.IsTransient(ServerErrors.Of(number)).ShouldBeTrue();
            Runbook.Entry("responses-5xx")!.ShouldContain($"{number}");
        }
    }

    [Fact]
    public void The_runbook_quotes_each_drill()
    {
        DrillScenario.All.Where(scenario => Runbook.QuotesOf(scenario.Name).Count == 0).ShouldBeEmpty();
    }

    private static string Source(string path) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Source", path));
}
