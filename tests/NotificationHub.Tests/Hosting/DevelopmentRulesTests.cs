using System.Net;
using NotificationHub.Hosting;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Hosting;

/// <summary>Development opens data only to callers on this machine.</summary>
public sealed class DevelopmentRulesTests
{
    [Fact]
    public async Task Forwarded_headers_are_rejected_in_Development()
    {
        var exception = await Should.ThrowAsync<ConfigurationException>(() =>
            ScenarioHub.StartAsync("ForwardedHeaders_Enabled=True")
        );

        exception.Errors.ShouldHaveSingleItem().ShouldContain("ASPNETCORE_FORWARDEDHEADERS_ENABLED: must not be true");
    }

    [Theory]
    [InlineData("Development", "false")]
    [InlineData("Production", "true")]
    public void Other_combinations_are_accepted(string environment, string enabled) =>
        Should.NotThrow(() =>
            HubApplication
                .Compose([$"--environment={environment}", $"--ForwardedHeaders_Enabled={enabled}"])
                .ThrowIfInvalid()
        );

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 tunnel")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Host", "10.0.0.1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Requests_through_a_proxy_or_tunnel_require_a_credential(string header, string value)
    {
        await using var hub = await ScenarioHub.StartAsync();

        foreach (
            var path in (string[])["/events", "/events/1-1", "/snapshot/x/assets", "/admin/locations", "/health/detail"]
        )
        {
            await hub.ScenarioAsync(request =>
            {
                request.Get.Url(path);
                request.WithRequestHeader(header, value);
                request.StatusCodeShouldBe(HttpStatusCode.Unauthorized);
            });
        }
    }
}
