using NotificationHub.Tests.Drill;

namespace NotificationHub.Tests.Documents;

/// <summary>The runbook in <c>docs/operations.md</c>.</summary>
internal static class Runbook
{
    private const string QuoteOf = "```drill ";

    public static string Text { get; } =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", "operations.md"));

    /// <summary>The entry of an alert; null where there is none.</summary>
    public static string? Entry(string alert) =>
        Text.Split("\n### ")
            .Skip(1)
            .Where(entry => entry.StartsWith($"{alert}\n", StringComparison.Ordinal))
            .Select(entry => entry.Split("\n## ")[0])
            .SingleOrDefault();

    /// <summary>What the runbook quotes of a drill, line by line.</summary>
    public static IReadOnlyList<string> QuotesOf(string scenario) =>
        [
            .. Text.Split($"{QuoteOf}{scenario}\n")
                .Skip(1)
                .SelectMany(quote => quote.Split("\n```")[0].Split('\n'))
                .Select(line => line.Trim()),
        ];

    /// <summary>Every line that it quotes is one that the drill prints, whatever the numbers.</summary>
    public static void ShouldQuote(string scenario, DrillRun drill)
    {
        var quotes = QuotesOf(scenario);
        quotes.ShouldNotBeEmpty($"the runbook quotes nothing of the drill {scenario}");
        quotes
            .Select(DrillRun.Mask)
            .Except(drill.Lines.Select(DrillRun.Mask))
            .ShouldBeEmpty(string.Join('\n', drill.Lines));
    }
}
