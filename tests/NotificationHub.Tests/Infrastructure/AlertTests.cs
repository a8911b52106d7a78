using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using NotificationHub.Health;
using NotificationHub.Intake;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Publishing;
using NotificationHub.Tests.Documents;
using NotificationHub.Tests.EndToEnd;
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
            "relay-delayed",
            "relay-waiting",
            "relay-set-aside",
            "location-states",
            "no-deliveries",
            "invalid-credentials",
            "log-volume",
            "log-cap",
            "responses-5xx",
            "consumer-dead-letters",
            "dead-letters-growing",
            "topic-size",
            "few-replicas",
            "sql-storage",
            "sql-log-writes",
            "unreachable",
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
        QueryOf("relay-delayed").ShouldContain("startswith \"relay:\"");
        QueryOf("stage-stalled").ShouldContain("!startswith \"relay:\"");
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

    // The stages do not include stopped targets.
    [BicepFact]
    public void The_alert_on_waiting_notifications_covers_stopped_relay_targets() =>
        MetricsOf("relay-waiting").ShouldBe([Metric("relayOldestAge")]);

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
    public void Every_alert_notifies_the_action_group_of_its_severity()
    {
        var groups = Deployment.Prod.OfType("Microsoft.Insights/actionGroups").ToArray();
        groups.ShouldAllBe(group => group.Text("properties.emailReceivers.0.emailAddress") == Deployment.AlertEmail);
        var (urgent, normal) = (
            groups.Single(group => group.Text("name") == "nhub-prod-urgent"),
            groups.Single(group => group.Text("name") == "nhub-prod-on-call")
        );
        urgent.Text("properties.smsReceivers.0.phoneNumber").ShouldBe("5550100");
        urgent.Text("properties.webhookReceivers.0.serviceUri").ShouldBe("https://alerts.example.com/hub");
        urgent.At("properties.webhookReceivers.0.useCommonAlertSchema").GetBoolean().ShouldBeTrue();

        foreach (var alert in Alerts(Deployment.Prod))
        {
            GroupsOf(alert)
                .ShouldBe(
                    alert.At("properties.severity").GetInt32() <= 1
                        ? [urgent.Text("id"), Deployment.ExistingActionGroupId]
                        : [normal.Text("id")],
                    alert.Text("name")
                );
        }
    }

    [BicepFact]
    public void Deliveries_at_risk_raise_the_most_urgent_alerts() =>
        Alerts(Deployment.Dev)
            .Where(alert => alert.At("properties.severity").GetInt32() == 0)
            .Select(NameOf)
            .ShouldBe(["responses-5xx", "unreachable"]);

    [BicepFact]
    public async Task The_hub_is_probed_from_outside_longer_than_its_own_checks_take()
    {
        var test = Deployment.Dev.One("Microsoft.Insights/webtests").At("properties");
        var alert = Alerts(Deployment.Dev).Single(alert => NameOf(alert) == "unreachable").At("properties");

        TimeSpan.FromSeconds(test.At("Timeout").GetInt32()).ShouldBeGreaterThan(DatabaseReadiness.Timeout);
        test.At("ValidationRules.SSLCheck").GetBoolean().ShouldBeTrue();
        // Each location fails at most once in the window.
        XmlConvert
            .ToTimeSpan(alert.Text("windowSize")!)
            .ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(test.At("Frequency").GetInt32()));
        alert
            .At("criteria.failedLocationCount")
            .GetInt32()
            .ShouldBeLessThanOrEqualTo(test.At("Locations").GetArrayLength());
        alert.Text("criteria.webTestId").ShouldBe(Deployment.Dev.One("Microsoft.Insights/webtests").Text("id"));

        // The path is one that the public listener serves.
        var path = Path().Match(test.Text("Request.RequestUrl")!).Groups["path"].Value;
        await using var hub = await HubHost.StartAsync("Admin:Urls=http://127.0.0.1:0");
        using var response = await hub.Http.GetAsync(new Uri(path, UriKind.Relative));
        ((int)response.StatusCode).ShouldBe(test.At("ValidationRules.ExpectedHttpStatusCode").GetInt32());
    }

    [BicepFact]
    public void Missing_metrics_raise_no_alert_after_the_daily_cap_of_the_logs()
    {
        var cap = Deployment
            .Dev.One("Microsoft.OperationalInsights/workspaces")
            .At("properties.workspaceCapping.dailyQuotaGb")
            .GetInt32();
        var absence = Deployment
            .Dev.OfType("Microsoft.Insights/scheduledQueryRules")
            .Where(alert => alert.Text("properties.criteria.allOf.0.operator") == "LessThan")
            .ToArray();

        absence.Select(NameOf).ShouldBe(["no-metrics", "no-deliveries"]);
        foreach (var alert in absence)
        {
            QueryOf(NameOf(alert)).ShouldStartWith("let capped = toscalar(_LogOperation ");
            QueryOf(NameOf(alert)).ShouldContain("Value = count() + capped ");
            // The query reads more than the window, so it states the window itself.
            alert.Text("properties.overrideQueryTimeRange").ShouldBe("P2D");
        }

        QueryOf("no-metrics").ShouldContain("AppMetrics | where TimeGenerated > ago(15m) |");
        QueryOf("no-deliveries").ShouldContain("AppMetrics | where TimeGenerated > ago(2d) |");
        Alerts(Deployment.Dev)
            .Single(alert => NameOf(alert) == "log-volume")
            .At("properties.criteria.allOf.0.threshold")
            .GetInt32()
            .ShouldBe(cap * 800, "80 % of the cap, in MB");
    }

    [BicepFact]
    public void The_runbook_states_the_signal_and_the_threshold_of_each_alert()
    {
        var rows = Runbook
            .Text.Split('\n')
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 6)
            .ToDictionary(
                cells => cells[1].Trim('`'),
                cells => (Signal: cells[2], Threshold: cells[3], Cost: cells[4])
            );

        foreach (var alert in Alerts(Deployment.Dev).Where(alert => NameOf(alert) != "unreachable"))
        {
            var name = NameOf(alert);
            var criterion = alert.At("properties.criteria.allOf.0");
            rows.ShouldContainKey(name);
            rows[name].Cost.ShouldNotBeEmpty();
            var signal =
                criterion.Text("metricName")
                ?? MetricsIn(criterion.Text("query")!).Append(Table().Match(criterion.Text("query")!).Value).First();
            rows[name].Signal.ShouldContain($"`{signal}`", customMessage: name);
            var sign = criterion.Text("operator") == "LessThan" ? '<' : '>';
            // In MB, in bytes, and by a parameter: the runbook states a share of the limit, or the parameter.
            rows[name]
                .Threshold.ShouldStartWith(
                    name switch
                    {
                        "log-volume" or "topic-size" => "> 80 %",
                        "few-replicas" => "< `minReplicas`",
                        _ => string.Create(
                            CultureInfo.InvariantCulture,
                            $"{sign} {criterion.At("threshold").GetInt64():N0}"
                        ),
                    },
                    customMessage: name
                );
        }

        rows["unreachable"].Threshold.ShouldStartWith("> 1 of 5 test sites");
    }

    private static IEnumerable<JsonElement> Alerts() => Alerts(Deployment.Dev);

    private static IEnumerable<JsonElement> Alerts(Deployment deployment) =>
        deployment
            .OfType("Microsoft.Insights/scheduledQueryRules")
            .Concat(deployment.OfType("Microsoft.Insights/metricAlerts"));

    private static IEnumerable<string?> GroupsOf(JsonElement alert) =>
        alert.Find("properties.actions.actionGroups") is { } groups
            ? groups.EnumerateArray().Select(group => group.GetString())
            : alert.At("properties.actions").EnumerateArray().Select(action => action.Text("actionGroupId"));

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

    [GeneratedRegex(@"\}(?<path>/[\w/]+)'")]
    private static partial Regex Path();

    [GeneratedRegex(@"^\w+")]
    private static partial Regex Table();

    [GeneratedRegex("\\bName == \"(?<name>[^\"]+)\"")]
    private static partial Regex MetricName();
}
