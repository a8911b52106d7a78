using System.Net;
using System.Net.Security;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>
/// Checks that the notification URL leads to a hub: its name resolves, its certificate is trusted and does not expire soon, and the
/// response is that of the intake.
/// </summary>
internal sealed class PublicUrlCheck(Database database, CertificateTrust trust, TimeProvider time)
    : DiagnosticCheck("public URL", needsDatabase: true)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private const string Path = "/notifications/";

    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var hubs = await LocationStore
            .ReadCurrentAsync(database, cancellationToken)
            .Select(location => location.NotificationUrl)
            .OfType<string>()
            .Select(url => url[..url.LastIndexOf(Path, StringComparison.Ordinal)])
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToArrayAsync(cancellationToken);
        var checks = hubs.Select(hub => CheckAsync(hub, cancellationToken));
        return hubs.Length > 0
            ? await Task.WhenAll(checks)
            : [DiagnosticResult.NotChecked("no location is registered, so Apple has no URL")];
    }

    public async Task<DiagnosticResult> CheckAsync(string hub, CancellationToken cancellationToken)
    {
        PresentedCertificate? certificate = null;
        using var http = new HttpClient(
            // Apple may not follow redirects.
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = trust.CreatePolicy(time.GetUtcNow()),
                    RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
                    {
                        certificate = PresentedCertificate.From(presented, chain, errors);
                        return errors == SslPolicyErrors.None;
                    },
                },
            }
        )
        {
            Timeout = Timeout,
        };
        try
        {
            using var response = await http.GetAsync(new Uri($"{hub}{Path}x"), cancellationToken);
            var result = Evaluate(hub, response.StatusCode, certificate);
            return result.Status == DiagnosticStatus.Ok
                ? certificate?.FindProblem(time.GetUtcNow(), hub) ?? result
                : result;
        }
        catch (HttpRequestException exception)
        {
            return certificate?.FindProblem(time.GetUtcNow(), hub)
                ?? DiagnosticResult.Failed(
                    exception.GetBaseException().Message,
                    AdviceOn(exception.HttpRequestError),
                    hub
                );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DiagnosticResult.Failed(
                "no response within 15 seconds",
                "Check that the firewall and the load balancer forward HTTPS to the hub.",
                hub
            );
        }
    }

    private static DiagnosticResult Evaluate(string hub, HttpStatusCode status, PresentedCertificate? certificate) =>
        (int)status switch
        {
            405 or 401 => DiagnosticResult.Ok(
                certificate is null
                    ? "resolves and responds like a hub"
                    : $"resolves, has a trusted certificate until {certificate.NotAfter:yyyy-MM-dd}, and responds like a hub",
                hub
            ),
            >= 300 and < 400 => DiagnosticResult.Failed(
                $"redirects ({(int)status})",
                "Serve the notification URL itself, or register the address that it redirects to: Apple may not follow redirects.",
                hub
            ),
            404 => DiagnosticResult.Failed(
                "responds 404: another service is there",
                "Configure the proxy to forward /notifications/ to the hub with its path unchanged.",
                hub
            ),
            >= 500 => DiagnosticResult.Failed(
                $"responds {(int)status}",
                "Check that the hub is running and that the proxy can reach it.",
                hub
            ),
            _ => DiagnosticResult.Failed(
                $"responds {(int)status}; a hub would respond 405",
                "Check the proxy or gateway in front of the hub: it must forward deliveries without its own authentication.",
                hub
            ),
        };

    private static string AdviceOn(HttpRequestError error) =>
        error switch
        {
            HttpRequestError.NameResolutionError => "Add the name to DNS, or register a name that resolves.",
            HttpRequestError.SecureConnectionError => PresentedCertificate.Advice,
            HttpRequestError.ConnectionError =>
                "Check that the hub or its proxy listens there, and that no firewall blocks it.",
            _ => "Check which service responds there, and that it supports HTTPS.",
        };
}
