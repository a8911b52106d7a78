using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Diagnostics;

/// <summary>The authority that certificates must come from: null for the machine's, except in a drill.</summary>
internal sealed record CertificateTrust(X509Certificate2? Authority = null)
{
    public X509ChainPolicy CreatePolicy(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.LocalDateTime,
        };
        if (Authority is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.Add(Authority);
        }

        return policy;
    }
}

/// <summary>The certificate that a server presented.</summary>
/// <param name="ChainErrors">Why it is not trusted.</param>
internal sealed record PresentedCertificate(
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    SslPolicyErrors Errors,
    IReadOnlyList<string> ChainErrors
)
{
    public const string Advice =
        "Serve a certificate for this name from a publicly trusted authority, with its full chain.";

    private const string Renewal =
        "Renew it. Azure renews a managed certificate only while the DNS record of the name points to the hub.";

    // Authorities and Azure renew earlier, so renewal has failed. Certificates that live for a few days are renewed later.
    private static readonly TimeSpan Notice = TimeSpan.FromDays(21);

    public static PresentedCertificate? From(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is X509Certificate2 presented
            ? new PresentedCertificate(
                new DateTimeOffset(presented.NotBefore),
                new DateTimeOffset(presented.NotAfter),
                errors,
                [
                    .. (chain?.ChainStatus ?? [])
                        .Select(status => status.Status)
                        .Where(status => status != X509ChainStatusFlags.NotTimeValid)
                        .Select(status => status.ToString()),
                ]
            )
            : null;

    /// <returns>Null if clients accept the certificate, and it does not expire soon.</returns>
    public DiagnosticResult? FindProblem(DateTimeOffset now, string subject)
    {
        List<string> problems = [];
        if (NotAfter <= now)
        {
            problems.Add($"expired at {Format(NotAfter)}");
        }

        if (Errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            problems.Add("is for another name");
        }

        if (NotBefore > now)
        {
            problems.Add($"is not valid before {Format(NotBefore)}");
        }

        if (ChainErrors.Count > 0)
        {
            problems.Add($"is not trusted ({string.Join(", ", ChainErrors)})");
        }

        if (problems.Count > 0)
        {
            return DiagnosticResult.Failed(
                $"the certificate {string.Join(" and ", problems)}, so Apple cannot deliver",
                NotAfter <= now ? Renewal : Advice,
                subject
            );
        }

        var notice = (NotAfter - NotBefore) / 4 < Notice ? (NotAfter - NotBefore) / 4 : Notice;
        return NotAfter - now < notice
            ? DiagnosticResult.Failed($"the certificate expires at {Format(NotAfter)}", Renewal, subject)
            : null;
    }

    private static string Format(DateTimeOffset at) =>
        at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
