using NotificationHub.Apple;
using NotificationHub.Intake;
using NotificationHub.Publishing;
using NotificationHub.Tests.Hosting.Telemetry;
using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

public sealed class AlertTests
{
    private static readonly BicepFile File = BicepFolder.Module("alerts");

    internal static IEnumerable<string> Names => Alerts().Select(alert => alert["name"].Text!);

    [Fact]
    public void An_alert_looks_at_metrics_that_the_hub_has()
    {
        var instruments = HubInstruments.OfClasses().Select(instrument => instrument.Name);

        BicepFolder
            .Json("metrics.json")
            .EnumerateObject()
            .Select(metric => metric.Value.GetString()!)
            .Except(instruments)
            .ShouldBeEmpty();
    }

    [Fact]
    public void What_is_to_be_seen_at_night_is_told()
    {
        string[] names = [.. Names];

        names.ShouldBe([
            "oldest-unsent",
            "no-publisher",
            "standing-still",
            "dead-lettered",
            "content-token",
            "silence",
            "answers-5xx",
            "consumer-dead-letters",
        ]);
        names
            .Where(name => !BicepFolder.Read("README.md").Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_values_that_are_looked_for_are_those_that_are_measured()
    {
        var kinds = Enum.GetNames<AppleErrorKind>().Where(kind => kind.StartsWith("Token", StringComparison.Ordinal));

        QueryOf("content-token").ShouldContain($"Properties.kind in ({string.Join(", ", kinds.Select(Quoted))})");
        QueryOf("standing-still").ShouldContain(Quoted(TopicLog.NameOf("")));
        QueryOf("silence").ShouldContain($"Properties.outcome == {Quoted(IntakeOutcome.Stored)}");
    }

    [Fact]
    public void Every_query_answers_with_a_value_for_a_subject()
    {
        foreach (var alert in Alerts().Where(alert => alert.Find("query") is not null))
        {
            var query = QueryOf(alert["name"].Text!);
            query.ShouldContain("Subject");
            query.ShouldContain("Value =");
        }
    }

    [Fact]
    public void Every_alert_reaches_somebody()
    {
        string[] rules = ["queryRules", "metricRules"];
        foreach (var rule in rules)
        {
            BicepNames
                .Free(File[BicepDeclarationKind.Resource, rule].Body.Find("properties.actions")!)
                .ShouldContain("actionGroup");
        }

        BicepNames.Free(File[BicepDeclarationKind.Resource, "actionGroup"].Body).ShouldContain("emails");
    }

    private static string QueryOf(string alert) =>
        string.Concat(
            Alerts().Single(one => one["name"].Text == alert)["query"].ShouldBeOfType<TextExpression>().Literals
        );

    private static IEnumerable<ObjectExpression> Alerts() =>
        ((string[])["queryAlerts", "metricAlerts"]).SelectMany(variable =>
            File[BicepDeclarationKind.Var, variable]
                .Value.ShouldBeOfType<ArrayExpression>()
                .Items.Cast<ObjectExpression>()
        );

    private static string Quoted(string word) => $"\"{word}\"";
}
