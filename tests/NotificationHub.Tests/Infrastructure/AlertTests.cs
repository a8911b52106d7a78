using NotificationHub.Hosting.Health.Detail;
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
    public async Task An_alert_looks_at_metrics_that_the_hub_has()
    {
        var instruments = (await HubInstruments.OfHubAsync()).Select(instrument => instrument.Name);

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
            "location-states",
            "silence",
            "refused-credentials",
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
        var topics = TopicLog.NameOf("");

        QueryOf("oldest-unsent").ShouldContain($"tostring(Properties.stage) startswith {Quoted(topics)}");
        QueryOf("oldest-unsent").ShouldContain($"substring(tostring(Properties.stage), {topics.Length})");
        QueryOf("standing-still").ShouldContain($"tostring(Properties.stage) !startswith {Quoted(topics)}");
        QueryOf("location-states")
            .ShouldContain(
                $"tostring(Properties.state) in ({string.Join(", ", TroubledLocation.Dead.Select(Quoted))})"
            );
        QueryOf("silence").ShouldContain($"tostring(Properties.outcome) == {Quoted(IntakeOutcome.Stored)}");
    }

    [Fact]
    public void What_must_be_seen_whoever_publishes_is_read_from_the_database_by_every_replica()
    {
        MetricsOf("oldest-unsent").ShouldBe(["oldestWaitingAge"]);
        MetricsOf("location-states").ShouldBe(["locations"]);
        // Its absence says that nobody publishes.
        MetricsOf("no-publisher").ShouldBe(["oldestUnsentAge"]);
    }

    [Fact]
    public void A_single_post_that_is_answered_5xx_is_told_of()
    {
        var alert = Alerts().Single(one => one["name"].Text == "answers-5xx");

        alert["threshold"].ShouldBeOfType<ConstantExpression>().Value.ShouldBe(0L);
        alert["aggregation"].Text.ShouldBe("Total");
    }

    [Fact]
    public void What_a_metric_is_tagged_with_is_compared_as_text()
    {
        foreach (var alert in Alerts().Where(alert => alert.Find("query") is not null))
        {
            QueryOf(alert["name"].Text!)
                .Replace("tostring(Properties.", "", StringComparison.Ordinal)
                .ShouldNotContain("Properties.", customMessage: alert["name"].Text);
        }
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

    private static IEnumerable<string> MetricsOf(string alert) =>
        Alerts()
            .Single(one => one["name"].Text == alert)["query"]
            .All()
            .OfType<MemberExpression>()
            .Select(member => member.Member);

    private static IEnumerable<ObjectExpression> Alerts() =>
        ((string[])["queryAlerts", "metricAlerts"]).SelectMany(variable =>
            File[BicepDeclarationKind.Var, variable]
                .Value.ShouldBeOfType<ArrayExpression>()
                .Items.Cast<ObjectExpression>()
        );

    private static string Quoted(string word) => $"\"{word}\"";
}
