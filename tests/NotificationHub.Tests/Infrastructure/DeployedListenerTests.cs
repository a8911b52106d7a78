using System.Net;
using System.Text.Json;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>A running hub with the listeners of the deployment: what the ingress publishes, and what the probes get.</summary>
public sealed class DeployedListenerTests
{
    private static readonly string[] Public = ["/events", "/snapshot/LOCATION/asset"];

    private static readonly string[] Internal =
    [
        "/health/ready",
        "/health/detail",
        "/openapi/v1.json",
        "/admin/locations",
        "/admin/audit",
    ];

    [BicepFact]
    public void The_ingress_redirects_plain_http_and_sends_HTTP_1_1_to_the_hub()
    {
        foreach (var hub in (JsonElement[])[Deployment.Dev.Hub, Deployment.Prod.Hub])
        {
            var ingress = hub.At("properties.configuration.ingress");

            ingress.At("allowInsecure").GetBoolean().ShouldBeFalse();
            ingress.Text("transport").ShouldBe("http");
        }
    }

    [BicepFact]
    public void The_console_is_published_over_TLS_to_the_addresses_of_operators_only()
    {
        var hub = Deployment.Prod.Hub;
        var console = Deployment
            .Prod.OfType("Microsoft.App/containerApps")
            .Single(app => app.Text("name") == $"{hub.Text("name")}-console");
        var ingress = console.At("properties.configuration.ingress");

        ingress.At("targetPort").GetInt32().ShouldBe(AdminPortOf(hub));
        ingress.At("allowInsecure").GetBoolean().ShouldBeFalse();
        var range = ingress.At("ipSecurityRestrictions").EnumerateArray().ShouldHaveSingleItem();
        range.Text("action").ShouldBe("Allow");
        range.Text("ipAddressRange").ShouldBe(Deployment.OperatorRange);
        console
            .At("properties.template.containers.0.env")
            .EnumerateArray()
            .Single(setting => setting.Text("name") == "Console__Enabled")
            .Text("value")
            .ShouldBe("true");
        Deployment.Prod.Environment.ShouldNotContainKey("Console__Enabled");
        Deployment.Dev.OfType("Microsoft.App/containerApps").ShouldHaveSingleItem();
    }

    private static int AdminPortOf(JsonElement hub) =>
        hub.At("properties.configuration.ingress.additionalPortMappings.0.targetPort").GetInt32();

    [BicepFact]
    public async Task Each_port_of_the_deployment_serves_its_own_routes()
    {
        var environment = Deployment.Dev.Environment;
        var ingress = Deployment.Dev.Hub.At("properties.configuration.ingress");
        var publicPort = ingress.At("targetPort").GetInt32();
        var internalPort = ingress.At("additionalPortMappings").EnumerateArray().ShouldHaveSingleItem();
        internalPort.At("external").GetBoolean().ShouldBeFalse("only the ingress's main port is public");
        var adminPort = internalPort.At("targetPort").GetInt32();
        environment["ASPNETCORE_HTTP_PORTS"].ShouldBe($"{publicPort}");

        // The same settings at free ports of this machine.
        await using var hub = await HubHost.StartAsync(
            $"Admin:Urls={environment["Admin__Urls"]!.Replace($"+:{adminPort}", "127.0.0.1:0", StringComparison.Ordinal)}"
        );
        var listeners = new Dictionary<int, Uri>
        {
            [publicPort] = hub.Http.BaseAddress!,
            [adminPort] = hub.AdminUrl.ShouldNotBeNull(),
        };
        var location = await hub.AddLocationAsync();
        (await location.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var path in Public.Select(path => path.Replace("LOCATION", location.Id, StringComparison.Ordinal)))
        {
            (await StatusOfAsync(publicPort, path)).ShouldBe(HttpStatusCode.OK, path);
            (await StatusOfAsync(adminPort, path)).ShouldBe(HttpStatusCode.NotFound, path);
        }

        foreach (var path in Internal)
        {
            (await StatusOfAsync(adminPort, path)).ShouldBe(HttpStatusCode.OK, path);
            (await StatusOfAsync(publicPort, path)).ShouldBe(HttpStatusCode.NotFound, path);
        }

        foreach (var probe in Deployment.Dev.Hub.At("properties.template.containers.0.probes").EnumerateArray())
        {
            var get = probe.At("httpGet");
            (await StatusOfAsync(get.At("port").GetInt32(), get.Text("path")!)).ShouldBe(
                HttpStatusCode.OK,
                probe.Text("type")
            );
        }

        // The web test and Apple use the ingress.
        (await StatusOfAsync(publicPort, "/health/live")).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> StatusOfAsync(int port, string path)
        {
            using var response = await hub.Http.GetAsync(new Uri(listeners[port], path));
            return response.StatusCode;
        }
    }
}
