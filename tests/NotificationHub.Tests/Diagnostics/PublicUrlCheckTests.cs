using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

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

    private static async Task<WebApplication> StartAsync(string url, int status)
    {
        var builder = WebApplication.CreateBuilder([$"--urls={url}"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = SelfSigned())
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
