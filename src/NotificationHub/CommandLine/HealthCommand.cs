using System.CommandLine;
using NotificationHub.Hosting;

namespace NotificationHub.CommandLine;

/// <summary>The health check of a container that has no other HTTP client.</summary>
internal static class HealthCommand
{
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    public static Command Create(CommandRunner runner)
    {
        var url = new Option<string?>("--url")
        {
            Description = "URL of the hub. Default: the configured address on this machine.",
        };
        var ready = new Option<bool>("--ready")
        {
            Description =
                "Check whether the hub can store notifications (/health/ready), not only that it runs (/health/live).",
        };
        var health = runner.Create(
            "health",
            "Check a running hub. Exit code 0: healthy, 1: unhealthy or no response.",
            (arguments, cancellationToken) =>
                CheckAsync(
                    runner,
                    runner.OutputFor(arguments),
                    arguments.GetValue(url),
                    arguments.GetValue(ready) ? "/health/ready" : "/health/live",
                    cancellationToken
                ),
            [runner.Json, url, ready]
        );
        health.Validators.Add(result =>
        {
            if (result.GetValue(url) is { } given && !IsUrl(given))
            {
                result.AddError("--url: must be an http or https URL, such as http://localhost:5080.");
            }
        });
        return health;
    }

    private static async Task<int> CheckAsync(
        CommandRunner runner,
        CommandOutput output,
        string? url,
        string path,
        CancellationToken cancellationToken
    )
    {
        var hub = url is not null
            ? new Uri(url)
            : ListenAddresses.FindLocal(HubApplication.Compose(runner.Settings).Configuration)
                ?? throw new CommandException(
                    ExitCode.Failed,
                    "The settings do not determine the hub's port. Specify its URL with --url."
                );
        var probe = new Uri(hub, path);
        var (healthy, answer) = await CheckAsync(probe, cancellationToken);
        output.Write(
            new
            {
                Url = probe,
                Healthy = healthy,
                Answer = answer,
            },
            console => console.WriteUnwrapped($"{probe}: {answer}")
        );
        return healthy ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<(bool Healthy, string Answer)> CheckAsync(Uri probe, CancellationToken cancellationToken)
    {
        // The hub runs on this machine, so a configured proxy is bypassed.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = ResponseTimeout };
        try
        {
            using var response = await http.GetAsync(
                probe,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            return (response.IsSuccessStatusCode, $"{(int)response.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            return (false, $"no response ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, $"no response within {ResponseTimeout.TotalSeconds} seconds");
        }
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
