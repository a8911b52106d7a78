using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Diagnostics;
using NotificationHub.Drill;

namespace NotificationHub.Tests.Diagnostics;

public sealed class PublicUrlCheckTests
{
    [Theory]
    [InlineData("http://127.0.0.1:1", "listens")]
    [InlineData("http://no-such-name.invalid", "DNS")]
    public async Task An_unreachable_address_fails(string hub, string advice)
    {
        await using var scene = await DoctorScene.StartAsync();
        await scene.PointAppleAtAsync(hub);

        var failure = await scene.FailureAsync("public URL");

        failure.Subject().ShouldBe(hub);
        failure.Advice().ShouldContain(advice);
    }

    [Theory]
    [InlineData(404, "path unchanged")]
    [InlineData(308, "follow")]
    [InlineData(502, "proxy")]
    [InlineData(200, "authentication")]
    public async Task A_server_other_than_the_hub_fails(int status, string advice)
    {
        await using var scene = await DoctorScene.StartAsync();
        await using var other = await StartAsync("http://127.0.0.1:0", status);
        await scene.PointAppleAtAsync(other.Urls.Single());

        (await scene.FailureAsync("public URL")).Advice().ShouldContain(advice);
    }

    [Fact]
    public async Task An_untrusted_certificate_fails()
    {
        await using var scene = await DoctorScene.StartAsync();
        await using var other = await StartAsync("https://127.0.0.1:0", 405);
        await scene.PointAppleAtAsync(other.Urls.Single());

        var failure = await scene.FailureAsync("public URL");

        failure.Found().ShouldContain("certificate");
        failure.Advice().ShouldContain("publicly trusted");
    }

    [Theory]
    [InlineData(22, "localhost", null)]
    [InlineData(20, "localhost", "expires at 2026-08-21 12:00Z")]
    [InlineData(-1, "localhost", "expired at 2026-07-31 12:00Z")]
    [InlineData(60, "hub.example.com", "is for another name")]
    [InlineData(-1, "hub.example.com", "expired at 2026-07-31 12:00Z and is for another name")]
    [InlineData(91, "localhost", "is not valid before 2026-08-02 12:00Z")]
    public async Task A_certificate_that_clients_reject_now_or_soon_fails(int days, string host, string? found)
    {
        using var authority = new CertificateAuthority(new ManualClock());
        using var certificate = authority.Issue(TimeSpan.FromDays(days), host);
        await using var server = await StartAsync("https://127.0.0.1:0", 405, certificate);
        var url = server.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        var result = await new PublicUrlCheck(null!, authority.Trust, new ManualClock()).CheckAsync(
            url,
            CancellationToken.None
        );

        if (found is null)
        {
            result.Found.ShouldContain("has a trusted certificate until 2026-08-23");
            result.Status.ShouldBe(DiagnosticStatus.Ok);
        }
        else
        {
            result.Found.ShouldContain(found);
            result.Status.ShouldBe(DiagnosticStatus.Failed);
            result.Advice!.ShouldContain(
                found.StartsWith("expire", StringComparison.Ordinal) ? "Renew" : "for this name"
            );
        }
    }

    [Theory]
    [InlineData(90, 20, true)]
    [InlineData(90, 22, false)]
    [InlineData(6, 3, false)]
    [InlineData(6, 1, true)]
    public void A_certificate_of_a_few_days_is_renewed_later(int lifetime, int left, bool isReported)
    {
        var now = new ManualClock().GetUtcNow();
        var certificate = new PresentedCertificate(
            now.AddDays(left - lifetime),
            now.AddDays(left),
            SslPolicyErrors.None,
            []
        );

        (certificate.FindProblem(now, "https://hub.example.com") is not null).ShouldBe(isReported);
    }

    private static async Task<WebApplication> StartAsync(string url, int status, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateBuilder([$"--urls={url}"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate ?? SelfSigned())
        );
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = status == 308 ? "https://elsewhere.invalid/" : default;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return app;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
