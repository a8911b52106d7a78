using NotificationHub.Simulator.Drill;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Documents;

public sealed class RunbookTests
{
    [Fact]
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

    [Fact]
    public void Each_drill_is_quoted()
    {
        DrillScenario.All.Where(scenario => Runbook.QuotesOf(scenario.Name).Count == 0).ShouldBeEmpty();
    }
}
