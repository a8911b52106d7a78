using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class RedirectTests
{
    [Fact]
    public async Task A_redirect_is_not_followed_because_the_token_must_stay_with_Apple()
    {
        List<string> paths = [];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.Run(context =>
        {
            paths.Add(context.Request.Path);
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        await server.StartAsync(CancellationToken.None);

        var error = await ReadAssets(new Uri(server.Urls.Single()));

        error.Kind.ShouldBe(AppleErrorKind.Protocol);
        error.Message.ShouldContain("302");
        paths.ShouldBe(["/service/config", "/assets"]);
    }

    private static async Task<AppleException> ReadAssets(Uri baseUrl)
    {
        using var handler = AppleClient.CreateHandler();
        using var http = new HttpClient(handler);
        using var client = new AppleClient(http, new AppleClientOptions { BaseUrl = baseUrl }, TimeProvider.System);
        using var rate = new RequestRate(TimeProvider.System);
        var token = ContentToken.Parse(Convert.ToBase64String("""{"expDate":"2030-11-08T22:33:22+0000"}"""u8));
        var session = new AppleSession(client, token, rate);

        return await Should.ThrowAsync<AppleException>(async () =>
            await session.ReadAssetsAsync(new AssetQuery(), CancellationToken.None).FirstAsync()
        );
    }
}
