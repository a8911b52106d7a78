using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Hosting.Connections;

public sealed class AdminListenerTests
{
    private const string AdminUrls = "Admin:Urls=http://127.0.0.1:0";

    [Theory]
    [InlineData("urls=http://127.0.0.1:0")]
    [InlineData("Kestrel:Endpoints:Apple:Url=http://127.0.0.1:0")]
    public async Task Each_listener_serves_its_own_routes(string listen)
    {
        using var log = new LogLines();
        await using var hub = await HubHost.StartAsync(
            builder => builder.Logging.AddProvider(log),
            listen,
            AdminUrls,
            "Logging:LogLevel:Default=Warning"
        );
        var location = await hub.AddLocationAsync();

        (await location.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(hub, hub.Http.BaseAddress!, "/events")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(hub, hub.Http.BaseAddress!, $"/snapshot/{location.Id}/asset")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(hub, hub.AdminUrl!, "/events")).ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(hub.AdminUrl!, location.Path)).ShouldBe(HttpStatusCode.NotFound);
        string[] admin = ["/health/ready", "/health/detail", "/openapi/v1.json", "/admin/locations", "/admin/audit"];
        foreach (var path in admin)
        {
            (await GetAsync(hub, hub.AdminUrl!, path)).ShouldBe(HttpStatusCode.OK, path);
            (await GetAsync(hub, hub.Http.BaseAddress!, path)).ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await GetAsync(hub, hub.AdminUrl!, "/health/live")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(hub, hub.Http.BaseAddress!, "/health/live")).ShouldBe(HttpStatusCode.OK);
        log.Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_Host_header_does_not_open_admin_routes_on_the_public_listener()
    {
        await using var hub = await HubHost.StartAsync(AdminUrls);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/locations");
        request.Headers.Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{hub.AdminUrl!.Port}");

        using var response = await hub.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Without_the_setting_one_listener_serves_everything()
    {
        await using var hub = await HubHost.StartAsync();

        hub.AdminUrl.ShouldBeNull();
        foreach (var path in new[] { "/health/live", "/health/ready", "/health/detail", "/admin/locations", "/events" })
        {
            (await GetAsync(hub, hub.Http.BaseAddress!, path)).ShouldBe(HttpStatusCode.OK, path);
        }
    }

    [Theory]
    [InlineData("hub", "urls=http://+:8080", "'hub' is not a valid listen address")]
    [InlineData("http://+:8080", "urls=http://+:8080", "requires a separate port")]
    [InlineData("http://127.0.0.1:8080", "http_ports=8080", "requires a separate port")]
    [InlineData("http://+:8443", "Kestrel:Endpoints:Apple:Url=https://+:8443", "requires a separate port")]
    public void Invalid_addresses_of_the_admin_listener_are_rejected(string url, string listen, string error)
    {
        var hub = HubApplication.Compose([$"--Admin:Urls={url}", $"--{listen}"]);

        Should
            .Throw<ConfigurationException>(hub.ThrowIfInvalid)
            .Errors.ShouldContain(line =>
                line.Contains("Admin:Urls", StringComparison.Ordinal) && line.Contains(error, StringComparison.Ordinal)
            );
    }

    private static async Task<HttpStatusCode> GetAsync(HubHost hub, Uri listener, string path)
    {
        using var response = await hub.Http.GetAsync(new Uri(listener, path));
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> PostAsync(Uri listener, string path)
    {
        using var http = new HttpClient();
        using var content = new StringContent(TestLocation.Notification("n-2"));
        using var response = await http.PostAsync(new Uri(listener, path), content);
        return response.StatusCode;
    }
}
