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
    public async Task Alerts_use_metrics_of_the_hub()
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
    public void The_alerts_are_listed_in_the_README()
    {
        string[] names = [.. Names];

        names.ShouldBe([
            "topic-delayed",
            "no-metrics",
            "stage-stalled",
            "dead-lettered",
            "location-states",
            "no-deliveries",
            "invalid-credentials",
            "responses-5xx",
            "consumer-dead-letters",
            "topic-size",
        ]);
        names
            .Where(name => !BicepFiles.Read("README.md").Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [BicepFact]
    public void Queries_compare_tags_with_values_that_the_hub_reports()
    {
        var topics = TopicLog.GetName("");

        QueryOf("topic-delayed").ShouldContain($"tostring(Properties.stage) startswith {Quoted(topics)}");
        QueryOf("topic-delayed").ShouldContain($"substring(tostring(Properties.stage), {topics.Length})");
        QueryOf("stage-stalled").ShouldContain($"tostring(Properties.stage) !startswith {Quoted(topics)}");
        QueryOf("location-states")
            .ShouldContain(
                $"tostring(Properties.state) in ({string.Join(", ", new LocationHealth(null!).ClosedStates.Select(Quoted))})"
            );
        QueryOf("no-deliveries").ShouldContain($"tostring(Properties.outcome) == {Quoted(IntakeOutcome.Stored)}");
    }

    [BicepFact]
    public void Alerts_about_publishing_use_metrics_that_every_replica_reads_from_the_database()
    {
        MetricsOf("topic-delayed").ShouldBe([Metric("oldestPendingAge")]);
        MetricsOf("location-states").ShouldBe([Metric("locations")]);
        // Its absence means that no replica publishes.
        MetricsOf("no-metrics").ShouldBe([Metric("oldestUnsentAge")]);
    }

    [BicepFact]
    public void A_single_5xx_response_raises_an_alert()
    {
        var alert = Alerts().Single(alert => NameOf(alert) == "responses-5xx").At("properties.criteria.allOf.0");

        alert.At("threshold").GetInt32().ShouldBe(0);
        alert.Text("timeAggregation").ShouldBe("Total");
    }

    [BicepFact]
    public void The_alert_on_the_size_of_a_topic_leaves_time_before_the_topic_is_full()
    {
        foreach (var deployment in (Deployment[])[Deployment.Dev, Deployment.Prod])
        {
            var sizes = deployment
                .OfType("Microsoft.ServiceBus/namespaces/topics")
                .Select(topic => topic.At("properties.maxSizeInMegabytes").GetInt64() * 1024 * 1024)
                .Distinct();
            var alert = deployment
                .OfType("Microsoft.Insights/metricAlerts")
                .Single(alert => alert.Text("name")!.EndsWith("-topic-size", StringComparison.Ordinal))
                .At("properties.criteria.allOf.0");

            (alert.At("threshold").GetInt64() / 0.8).ShouldBe(sizes.ShouldHaveSingleItem(), tolerance: 10);
            alert.Text("dimensions.0.name").ShouldBe("EntityName");
        }
    }

    [BicepFact]
    public void Tags_are_compared_as_text()
    {
        foreach (var (name, query) in Queries())
        {
            query
                .Replace("tostring(Properties.", "", StringComparison.Ordinal)
                .ShouldNotContain("Properties.", customMessage: name);
        }
    }

    [BicepFact]
    public void Every_query_returns_a_value_for_each_subject()
    {
        foreach (var (name, query) in Queries())
        {
            query.ShouldContain("Subject", customMessage: name);
            query.ShouldContain("Value =", customMessage: name);
        }
    }

    [BicepFact]
    public void Every_alert_notifies_the_action_group()
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
