using System.CommandLine;
using NotificationHub.Hosting;

namespace NotificationHub.CommandLine;

/// <summary>Asks the running hub how it fares: the health check of a container that has nothing else to ask with.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Option<string?> Url = new("--url")
    {
        Description = "Where the hub listens; without it, where its settings say, over loopback.",
    };

    private static readonly Option<bool> Ready = new("--ready")
    {
        Description = "Ask whether it takes posts (/health/ready) and not only whether it runs (/health/live).",
    };

    public static Command Create(CommandRunner runner)
    {
        var health = new Command(
            "health",
            "Ask the running hub how it fares. Ends with 0 where it is well, else with 1."
        )
        {
            CommandRunner.Json,
            Url,
            Ready,
        };
        health.Validators.Add(result =>
        {
            if (result.GetValue(Url) is { } url && !IsUrl(url))
            {
                result.AddError("--url must be an http or https URL, such as http://localhost:5080.");
            }
        });
        health.SetAction((arguments, cancellationToken) => AskAsync(runner, arguments, cancellationToken));
        return health;
    }

    private static async Task<int> AskAsync(
        CommandRunner runner,
        ParseResult arguments,
        CancellationToken cancellationToken
    )
    {
        var hub = arguments.GetValue(Url) is { } given
            ? new Uri(given)
            : ListenAddresses.FindLocal(HubApplication.Compose(runner.Settings).Configuration)
                ?? throw new CommandException(
                    ExitCode.Failed,
                    "The settings do not say on which port the hub listens: name it with --url."
                );
        var question = new Uri(hub, arguments.GetValue(Ready) ? "/health/ready" : "/health/live");
        var (healthy, answer) = await AskAsync(question, cancellationToken);
        runner
            .OutputFor(arguments)
            .Write(
                new
                {
                    Url = question,
                    Healthy = healthy,
                    Answer = answer,
                },
                console => console.WriteUnwrapped($"{question}: {answer}")
            );
        return healthy ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<(bool Healthy, string Answer)> AskAsync(Uri question, CancellationToken cancellationToken)
    {
        // Not by way of a proxy: it is this machine that is asked.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(
                question,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            return (answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        }
        catch (HttpRequestException fault)
        {
            return (false, $"no answer ({fault.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, $"no answer within {Patience.TotalSeconds} seconds");
        }
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
