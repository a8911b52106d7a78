using System.Reflection;
using System.Text.RegularExpressions;
using NotificationHub.Intake;
using NotificationHub.Telemetry;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Telemetry;

/// <summary>Compares <c>docs/telemetry.md</c> with the instruments, sources and meters of the hub.</summary>
public sealed partial class TelemetryDocumentTests
{
    private static readonly string Document = Read("telemetry.md");

    [Fact]
    public async Task The_table_lists_every_instrument_with_kind_and_unit()
    {
        var listed = Rows().Select(row => new HubInstrument(row[0].Trim('`'), row[1], row[2].Trim('`')));

        listed.ShouldBe(await HubInstruments.OfHubAsync(), ignoreOrder: true);
    }

    [Fact]
    public void The_document_lists_every_outcome_of_a_delivery()
    {
        var outcomes = typeof(IntakeMetrics)
            .Assembly.GetType("NotificationHub.Intake.IntakeOutcome")!
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => $"`{field.GetValue(null)}`");

        outcomes.Where(outcome => !Document.Contains(outcome, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void The_document_lists_every_exported_source_and_meter() =>
        TelemetrySetup
            .Sources.Concat(TelemetrySetup.Meters)
            .Where(name => !Document.Contains($"`{name}`", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void Queries_use_instruments_from_the_table()
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
