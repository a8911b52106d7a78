using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace NotificationHub.Tests.WebConsole;

/// <summary>A tab of the console. It collects what no page may do: errors, violations of the policy, requests to other hosts.</summary>
public sealed class ConsoleTab : IAsyncDisposable
{
    private static readonly string[] Grave = ["serious", "critical"];

    private readonly IBrowserContext context;
    private readonly List<string> problems = [];

    private ConsoleTab(IBrowserContext context, IPage page, string[] hosts)
    {
        this.context = context;
        Page = page;
        page.SetDefaultTimeout(10_000);
        page.PageError += (_, error) => problems.Add($"exception: {error}");
        page.Console += (_, message) =>
        {
            // Chromium reports each status of an error, which the test expects.
            if (
                message.Type is "error" or "warning"
                && !message.Text.StartsWith("Failed to load resource: the server responded", StringComparison.Ordinal)
            )
            {
                problems.Add($"{message.Type}: {message.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!hosts.Contains(new Uri(request.Url).Authority))
            {
                problems.Add($"request to another host: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the pages did so far that no page may do.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <param name="hosts">The hosts that the pages may use.</param>
    public static async Task<ConsoleTab> OpenAsync(IBrowserContext context, params string[] hosts) =>
        new(context, await context.NewPageAsync(), hosts);

    public async Task<IResponse> GotoAsync(string path) => (await Page.GotoAsync(path))!;

    /// <summary>Submits the sign-in form.</summary>
    public async Task SignInAsync(string key)
    {
        await Page.GetByLabel("Admin key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>Sends a form that the page may not contain, with a valid antiforgery token, and returns the status.</summary>
    public Task<int> SubmitAsync(string path, string form) =>
        Page.EvaluateAsync<int>(
            """
            async ([path, form]) => {
              const body = new FormData();
              const token = document.querySelector("input[name=__RequestVerificationToken]").value;
              body.append("__RequestVerificationToken", token);
              body.append("_handler", form);
              return (await fetch(path, { method: "POST", body })).status;
            }
            """,
            new[] { path, form }
        );

    /// <summary>Opens a page on a wide and a narrow screen, light and dark, and checks what holds for every page.</summary>
    public async Task CheckAsync(string path)
    {
        foreach (
            var (width, scheme) in (IEnumerable<(int, ColorScheme)>)[(1280, ColorScheme.Light), (360, ColorScheme.Dark)]
        )
        {
            await Page.SetViewportSizeAsync(width, 800);
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            (await GotoAsync(path)).Status.ShouldBe(200, path);
            await CheckPageAsync($"{path} at {width}, {scheme}");
        }
    }

    /// <summary>Checks the page as it is now.</summary>
    public async Task CheckPageAsync(string subject)
    {
        problems.ShouldBeEmpty(subject);
        var heading = Page.GetByRole(AriaRole.Heading, new() { Level = 1 });
        // The URL changes before the page has loaded.
        await Assertions.Expect(heading.First).ToBeVisibleAsync();
        (await heading.CountAsync()).ShouldBe(1, subject);
        (await Page.TitleAsync()).ShouldEndWith(" · NotificationHub", Case.Sensitive, subject);
        (
            await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        ).ShouldBe(0, $"{subject}: wider than the screen");
        var found = await Page.RunAxe();
        found
            .Violations.Where(violation => Grave.Contains(violation.Impact))
            .Select(violation => $"{violation.Id}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}")
            .ShouldBeEmpty(subject);
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
