using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Publishing.ServiceBus;

namespace NotificationHub.Tests.Telemetry;

/// <summary>What a whole hub sends to Application Insights.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class AzureMonitorExportTests
{
    private const string SendersTrace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task Traces_metrics_and_logs_reach_both_destinations()
    {
        await using var insights = await IngestionEndpoint.StartAsync();
        await using var scene = await TelemetryScene.StartAsync(
            insights.Setting,
            "OTEL_SERVICE_NAME=hub-north",
            "Logging:LogLevel:Default=Information"
        );
        await scene.RegisterAsync();
        (await scene.PostAsync("n-1", traceparent: $"00-{SendersTrace}-b7ad6b7169203331-01")).ShouldBe(
            HttpStatusCode.OK
        );
        await scene.ReceiveAsync("asset.count.notified");
        await scene.EndAsync();

        var items = insights.Items;
        var delivery = items.Single(item =>
            item.Type == "RequestData"
            && item.Property("_MS.links")?.Contains(SendersTrace, StringComparison.Ordinal) == true
        );
        var operation = delivery.Tag("ai.operation.id").ShouldNotBeNull();
        delivery.Name.ShouldBe("POST /notifications/{locationId}");
        delivery.Property("notificationhub.outcome").ShouldBe("stored");
        delivery.Property("notificationhub.seq").ShouldNotBeNull();
        items.ShouldContain(item =>
            item.Type == "RemoteDependencyData"
            && item.Name == "route"
            && (item.Property("_MS.links") ?? "").Contains(operation, StringComparison.Ordinal)
        );
        string[] metrics =
        [
            "notificationhub.intake.deliveries",
            "notificationhub.publishing.delay",
            "http.server.request.duration",
            "dotnet.gc.collections",
        ];
        metrics.Except(items.Where(item => item.Type == "MetricData").Select(item => item.Name)).ShouldBeEmpty();
        items.ShouldContain(item =>
            item.Type == "MessageData" && item.Name.StartsWith("The database is ", StringComparison.Ordinal)
        );
        items.Select(item => item.Tag("ai.cloud.role")).Distinct().ShouldBe(["hub-north"]);
        items
            .Select(item => item.Tag("ai.cloud.roleInstance"))
            .Distinct()
            .ShouldBe([$"{Environment.MachineName}:{Environment.ProcessId}"]);
        scene.Collector.Spans.ShouldContain(span => span.TraceId == operation);
        scene.Collector.Metrics["NotificationHub"].ShouldContain("notificationhub.intake.deliveries");
        scene.Collector.Logs.ShouldContain(line => line.StartsWith("The database is ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_exporter_adds_no_metrics_statistics_or_traces_of_its_own()
    {
        await using var insights = await IngestionEndpoint.StartAsync();
        await using var hub = await HubHost.StartAsync(insights.Setting);
        await hub.Http.GetStringAsync("/events");
        await hub.EndAsync();

        var items = insights.Items;
        items.ShouldContain(item => item.Name == "GET /events");
        items
            .Where(item => item.Type == "RemoteDependencyData")
            .Where(item => item.Json.ToString().Contains(insights.Url.Authority, StringComparison.Ordinal))
            .ShouldBeEmpty();
        // The last one carries the resource's attributes.
        string[] prefixes = ["notificationhub.", "http.", "kestrel.", "dns.", "dotnet.", "_OTELRESOURCE_"];
        items
            .Where(item => item.Type == "MetricData")
            .Select(item => item.Name)
            .Distinct()
            .Where(name => !prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task The_hubs_sampler_applies_to_traces_and_not_to_the_log()
    {
        await using var insights = await IngestionEndpoint.StartAsync();
        await using var hub = await HubHost.StartAsync(
            insights.Setting,
            "OTEL_TRACES_SAMPLER=always_off",
            "Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information"
        );
        await hub.Http.GetStringAsync("/events");
        await hub.EndAsync();

        insights.Items.Where(item => item.Type is "RequestData" or "RemoteDependencyData").ShouldBeEmpty();
        insights.Items.ShouldContain(item =>
            item.Type == "MessageData" && item.Name.Contains("/events", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_of_the_hubs_identity_is_sent_if_configured(bool isSet)
    {
        await using var insights = await IngestionEndpoint.StartAsync();
        var credential = new StubCredential(TimeProvider.System);
        await using var hub = await HubHost.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TokenCredential>(credential);
                // The exporter presents a token over TLS only.
                builder.Services.Configure<AzureMonitorExporterOptions>(options =>
                    options.Transport = new HttpClientTransport(new Redirect(insights.Url))
                );
            },
            IngestionEndpoint.SettingFor(new Uri($"https://{(isSet ? "with" : "without")}-token.example.com/")),
            $"APPLICATIONINSIGHTS_AUTHENTICATION_STRING={(isSet ? "Authorization=AAD" : "")}"
        );
        await hub.EndAsync();

        insights.Items.ShouldNotBeEmpty();
        insights.Authorizations.Distinct().ShouldBe([isSet ? $"Bearer {StubCredential.Token}" : ""]);
        credential.Scopes.Distinct().ShouldBe(isSet ? ["https://monitor.azure.com//.default"] : []);
    }

    [Fact]
    public async Task Nothing_is_written_to_disk_if_the_endpoint_fails()
    {
        using var folder = new TemporaryFolder();
        await using var insights = await IngestionEndpoint.StartAsync(StatusCodes.Status503ServiceUnavailable);
        await using var hub = await HubHost.StartAsync(
            builder =>
                builder.Services.Configure<AzureMonitorExporterOptions>(options =>
                    options.StorageDirectory = folder.Path
                ),
            insights.Setting
        );
        await hub.EndAsync();

        insights.Items.ShouldNotBeEmpty();
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    private sealed class Redirect(Uri url) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => base.SendAsync(Redirected(request), cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.Send(Redirected(request), cancellationToken);

        private HttpRequestMessage Redirected(HttpRequestMessage request)
        {
            request.RequestUri = new Uri(url, request.RequestUri!.PathAndQuery);
            return request;
        }
    }
}
