using NotificationHub.Tests.Drill;

namespace NotificationHub.Tests.Documents;

/// <summary>The runbook in <c>docs/runbook.md</c>.</summary>
internal static class Runbook
{
    private const string QuoteOf = "```drill ";

    public static string Text { get; } =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", "runbook.md"));

    /// <summary>The entry of an alert; null if there is none.</summary>
    public static string? Entry(string alert) =>
        Text.Split("\n### ")
            .Skip(1)
            .Where(entry => entry.StartsWith($"{alert}\n", StringComparison.Ordinal))
            .Select(entry => entry.Split("\n## ")[0])
            .SingleOrDefault();

    /// <summary>The lines that the runbook quotes from a drill.</summary>
    public static IReadOnlyList<string> QuotesOf(string scenario) =>
        [
            .. Text.Split($"{QuoteOf}{scenario}\n")
                .Skip(1)
                .SelectMany(quote => quote.Split("\n```")[0].Split('\n'))
                .Select(line => line.Trim()),
        ];

    /// <summary>Asserts that the drill prints every quoted line; numbers may differ.</summary>
    public static void ShouldQuote(string scenario, DrillRun drill)
    {
        var quotes = QuotesOf(scenario);
        quotes.ShouldNotBeEmpty($"the runbook quotes nothing from the drill {scenario}");
        quotes
            .Select(DrillRun.Mask)
            .Except(drill.Lines.Select(DrillRun.Mask))
            .ShouldBeEmpty(string.Join('\n', drill.Lines));
    }
}
