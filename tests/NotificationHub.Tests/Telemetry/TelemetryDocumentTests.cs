using System.Reflection;
using System.Text.RegularExpressions;
using NotificationHub.Intake;
using NotificationHub.Telemetry;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Telemetry;

/// <summary><c>docs/telemetry.md</c> against what there is.</summary>
public sealed partial class TelemetryDocumentTests
{
    private static readonly string Document = Read("telemetry.md");

    [Fact]
    public async Task The_table_lists_the_instruments_that_there_are_with_kind_and_unit()
    {
        var listed = Rows().Select(row => new HubInstrument(row[0].Trim('`'), row[1], row[2].Trim('`')));

        listed.ShouldBe(await HubInstruments.OfHubAsync(), ignoreOrder: true);
    }

    [Fact]
    public void The_outcomes_of_a_post_are_listed()
    {
        var outcomes = typeof(IntakeMetrics)
            .Assembly.GetType("NotificationHub.Intake.IntakeOutcome")!
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => $"`{field.GetValue(null)}`");

        outcomes.Where(outcome => !Document.Contains(outcome, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void The_sources_and_meters_that_are_exported_are_listed() =>
        TelemetrySetup
            .Sources.Concat(TelemetrySetup.Meters)
            .Where(name => !Document.Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void A_query_looks_at_an_instrument_of_the_table()
    {
        string[] names = [.. Rows().Select(row => row[0].Trim('`'))];
        string[] texts = [Document, Read("runbook.md")];
        var queried = texts
            .SelectMany(text => Queried().Matches(text))
            .Select(match => match.Groups["name"].Value)
            .ToList();

        queried.ShouldNotBeEmpty();
        queried
            .Concat(BicepFiles.Json("metrics.json").EnumerateObject().Select(metric => metric.Value.GetString()))
            .Except(names)
            .ShouldBeEmpty();
    }

    private static IEnumerable<string[]> Rows() =>
        Document
            .Split('\n')
            .Where(line => line.StartsWith("| `notificationhub.", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | "));

    private static string Read(string document) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", document));

    [GeneratedRegex("Name == \"(?<name>notificationhub\\.[a-z_.]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Queried();
}
