using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using NotificationHub.Auth;

namespace NotificationHub.WebConsole;

/// <summary>The runbook of this version, from <c>docs/runbook.md</c>.</summary>
internal static class Runbook
{
    public const string Url = $"{ConsoleSessions.Root}/runbook";

    private static readonly Lazy<string> Rendered = new(Render);

    /// <summary>The runbook as HTML, with the headings' anchors.</summary>
    public static string Html => Rendered.Value;

    private static string Render()
    {
        using var stream = typeof(Runbook).Assembly.GetManifestResourceStream("runbook.md")!;
        using var reader = new StreamReader(stream);
        var pipeline = new MarkdownPipelineBuilder()
            .DisableHtml()
            .UsePipeTables()
            .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
            .Build();
        var document = Markdown.Parse(reader.ReadToEnd(), pipeline);
        // The hub does not serve the other documents.
        foreach (
            var link in document.Descendants<LinkInline>().Where(link => link.Url?.StartsWith('#') != true).ToList()
        )
        {
            link.ReplaceBy(new EmphasisInline { DelimiterChar = '*', DelimiterCount = 1 });
        }

        return document.ToHtml(pipeline);
    }
}
