using System.Net;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Whether the address that Apple was given leads to a hub: its name resolves, its certificate is trusted, and it answers as the intake does.</summary>
internal sealed class PublicUrlCheck(Database database, IHttpClientFactory clients) : IDiagnosticCheck
{
    /// <summary>The client that follows no redirect: Apple may not, either.</summary>
    public const string Client = "Diagnosis";

    private const string Path = "/notifications/";

    public string Name => "public URL";

    public bool NeedsDatabase => true;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        var hubs = await AllLocations
            .ReadAsync(database, cancellationToken)
            .Select(location => location.NotificationUrl)
            .OfType<string>()
            .Select(url => url[..url.LastIndexOf(Path, StringComparison.Ordinal)])
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToArrayAsync(cancellationToken);
        var findings = hubs.Select(hub => ExamineAsync(hub, cancellationToken));
        return hubs.Length > 0
            ? await Task.WhenAll(findings)
            : [DiagnosticResult.NotChecked("no location is registered, so that Apple was given none")];
    }

    private async Task<DiagnosticResult> ExamineAsync(string hub, CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(Client);
        try
        {
            using var answer = await http.GetAsync(new Uri($"{hub}{Path}x"), cancellationToken);
            return Judge(hub, answer.StatusCode);
        }
        catch (HttpRequestException exception)
        {
            return DiagnosticResult.Failed(
                exception.GetBaseException().Message,
                AdviceOn(exception.HttpRequestError),
                hub
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DiagnosticResult.Failed(
                "no answer in time",
                "See that a firewall or load balancer passes https on to the hub.",
                hub
            );
        }
    }

    private static DiagnosticResult Judge(string hub, HttpStatusCode status) =>
        (int)status switch
        {
            405 or 401 => DiagnosticResult.Ok("resolves, is trusted from here, and answers as a hub does", hub),
            >= 300 and < 400 => DiagnosticResult.Failed(
                $"redirects ({(int)status})",
                "Serve the notification URL itself, or register with the address that it redirects to: Apple is not known to follow.",
                hub
            ),
            404 => DiagnosticResult.Failed(
                "answers 404: something else is there",
                "Have the proxy pass /notifications/ on to the hub with its path unchanged.",
                hub
            ),
            >= 500 => DiagnosticResult.Failed(
                $"answers {(int)status}",
                "See that the proxy reaches the hub, and that the hub runs.",
                hub
            ),
            _ => DiagnosticResult.Failed(
                $"answers {(int)status}, where a hub would answer 405",
                "See what stands before the hub: its posts must come through without another log-in.",
                hub
            ),
        };

    private static string AdviceOn(HttpRequestError error) =>
        error switch
        {
            HttpRequestError.NameResolutionError => "Enter the name in the DNS, or register with one that resolves.",
            HttpRequestError.SecureConnectionError =>
                "Serve a certificate for this name from an authority that is publicly trusted, with its whole chain.",
            HttpRequestError.ConnectionError =>
                "See that the hub, or the proxy before it, listens there and a firewall lets it be reached.",
            _ => "See what answers there, and that it speaks https.",
        };
}
