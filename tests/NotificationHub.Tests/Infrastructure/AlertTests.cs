using System.Text.Json;
using System.Text.RegularExpressions;
using NotificationHub.Intake;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Publishing;
using NotificationHub.Tests.Telemetry;

namespace NotificationHub.Tests.Infrastructure;

public sealed partial class AlertTests
{
    private const string Prefix = "nhub-dev-";

    internal static IEnumerable<string> Names => Alerts().Select(NameOf);

    [Fact]
    public async Task An_alert_looks_at_metrics_that_the_hub_has()
    {
        var instruments = (await HubInstruments.OfHubAsync()).Select(instrument => instrument.Name);

        BicepFiles
            .Json("metrics.json")
            .EnumerateObject()
            .Select(metric => metric.Value.GetString()!)
            .Except(instruments)
            .ShouldBeEmpty();
    }

    [BicepFact]
    public void Every_metric_of_the_list_has_an_alert() =>
        BicepFiles
            .Json("metrics.json")
            .EnumerateObject()
            .Select(metric => metric.Value.GetString()!)
            .ShouldBe(Queries().SelectMany(alert => MetricsIn(alert.Query)).Distinct(), ignoreOrder: true);

    [BicepFact]
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
            .Where(name => !BicepFiles.Read("README.md").Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [BicepFact]
    public void The_values_that_are_looked_for_are_those_that_are_measured()
    {
        var topics = TopicLog.GetName("");

        QueryOf("oldest-unsent").ShouldContain($"tostring(Properties.stage) startswith {Quoted(topics)}");
        QueryOf("oldest-unsent").ShouldContain($"substring(tostring(Properties.stage), {topics.Length})");
        QueryOf("standing-still").ShouldContain($"tostring(Properties.stage) !startswith {Quoted(topics)}");
        QueryOf("location-states")
            .ShouldContain(
                $"tostring(Properties.state) in ({string.Join(", ", new LocationHealth(null!).ClosedStates.Select(Quoted))})"
            );
        QueryOf("silence").ShouldContain($"tostring(Properties.outcome) == {Quoted(IntakeOutcome.Stored)}");
    }

    [BicepFact]
    public void What_must_be_seen_whoever_publishes_is_read_from_the_database_by_every_replica()
    {
        MetricsOf("oldest-unsent").ShouldBe([Metric("oldestWaitingAge")]);
        MetricsOf("location-states").ShouldBe([Metric("locations")]);
        // Its absence says that nobody publishes.
        MetricsOf("no-publisher").ShouldBe([Metric("oldestUnsentAge")]);
    }

    [BicepFact]
    public void A_single_post_that_is_answered_5xx_is_told_of()
    {
        var alert = Alerts().Single(alert => NameOf(alert) == "answers-5xx").At("properties.criteria.allOf.0");

        alert.At("threshold").GetInt32().ShouldBe(0);
        alert.Text("timeAggregation").ShouldBe("Total");
    }

    [BicepFact]
    public void What_a_metric_is_tagged_with_is_compared_as_text()
    {
        foreach (var (name, query) in Queries())
        {
            query
                .Replace("tostring(Properties.", "", StringComparison.Ordinal)
                .ShouldNotContain("Properties.", customMessage: name);
        }
    }

    [BicepFact]
    public void Every_query_answers_with_a_value_for_a_subject()
    {
        foreach (var (name, query) in Queries())
        {
            query.ShouldContain("Subject", customMessage: name);
            query.ShouldContain("Value =", customMessage: name);
        }
    }

    [BicepFact]
    public void Every_alert_reaches_somebody()
    {
        var actionGroup = Deployment.Dev.One("Microsoft.Insights/actionGroups");
        actionGroup.Text("properties.emailReceivers.0.emailAddress").ShouldBe(Deployment.AlertEmail);

        foreach (var alert in Alerts())
        {
            var reached =
                alert.Find("properties.actions.actionGroups.0") ?? alert.At("properties.actions.0.actionGroupId");
            reached.GetString().ShouldBe(actionGroup.Text("id"), NameOf(alert));
        }
    }

    private static IEnumerable<JsonElement> Alerts() =>
        Deployment
            .Dev.OfType("Microsoft.Insights/scheduledQueryRules")
            .Concat(Deployment.Dev.OfType("Microsoft.Insights/metricAlerts"));

    private static string NameOf(JsonElement alert)
    {
        var name = alert.Text("name")!;
        name.ShouldStartWith(Prefix);
        return name[Prefix.Length..];
    }

    private static IEnumerable<(string Name, string Query)> Queries() =>
        Deployment
            .Dev.OfType("Microsoft.Insights/scheduledQueryRules")
            .Select(alert => (NameOf(alert), alert.Text("properties.criteria.allOf.0.query")!));

    private static string QueryOf(string alert) => Queries().Single(one => one.Name == alert).Query;

    private static IEnumerable<string> MetricsOf(string alert) => MetricsIn(QueryOf(alert));

    private static IEnumerable<string> MetricsIn(string query) =>
        MetricName().Matches(query).Select(match => match.Groups["name"].Value);

    private static string Metric(string name) => BicepFiles.Json("metrics.json").Text(name)!;

    private static string Quoted(string word) => $"\"{word}\"";

    [GeneratedRegex("\\bName == \"(?<name>[^\"]+)\"")]
    private static partial Regex MetricName();
}
