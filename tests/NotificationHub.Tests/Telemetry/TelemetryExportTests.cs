using System.Net;

namespace NotificationHub.Tests.Telemetry;

/// <summary>The telemetry of a whole hub, as an OTLP collector receives it.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class TelemetryExportTests
{
    private const string SendersTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string Senders = $"{SendersTrace}-b7ad6b7169203331";

    [Fact]
    public async Task A_delivery_is_traced_to_the_bus_and_to_the_refetch_that_it_causes()
    {
        await using var scene = await TelemetryScene.StartAsync();
        await scene.RegisterAsync();

        (await scene.PostAsync("n-1", traceparent: $"00-{Senders}-01")).ShouldBe(HttpStatusCode.OK);
        var notified = await scene.ReceiveAsync("asset.count.notified");
        var changed = await scene.ReceiveAsync("asset.changed");
        await scene.EndAsync();

        var spans = scene.Collector.Spans;
        var delivery = spans.Single(span => span.Links.Contains(Senders));
        delivery.ShouldSatisfyAllConditions(
            () => delivery.Source.ShouldBe("Microsoft.AspNetCore"),
            () => delivery.Name.ShouldBe("POST /notifications/{locationId}"),
            () => delivery.ParentId.ShouldBeEmpty(),
            () => delivery.TraceId.ShouldNotBe(SendersTrace),
            () => delivery.Tags["http.response.status_code"].ShouldBe("200"),
            () => delivery.Tags["notificationhub.outcome"].ShouldBe("stored"),
            () => notified.Properties["traceparent"].ShouldBe($"00-{delivery.Id}-01"),
            () => changed.Properties["traceparent"].ShouldBe($"00-{delivery.Id}-01")
        );
        var following = spans
            .Where(span => span.Source == "NotificationHub" && span.Links.Contains(delivery.Id))
            .ToList();
        following
            .Select(span => span.Name)
            .ShouldBe(
                ["route", "publish assets", "send assets", "refetch asset", "publish assets", "send assets"],
                ignoreOrder: true
            );
        var passes = following.Where(span => span.Name == "publish assets").Select(span => span.SpanId);
        following
            .Where(span => span.Name == "send assets")
            .Select(span => span.ParentId)
            .ShouldBe(passes, ignoreOrder: true);
        var refetch = following.Single(span => span.Name == "refetch asset");
        spans.ShouldContain(span => span.Source == "NotificationHub.Apple" && span.ParentId == refetch.SpanId);
    }

    [Fact]
    public async Task The_traceparent_of_an_unauthorized_request_is_ignored()
    {
        await using var scene = await TelemetryScene.StartAsync();
        await scene.RegisterAsync();

        var response = await scene.PostAsync("n-1", traceparent: $"00-{Senders}-01", secret: "wrong");
        await scene.EndAsync();

        response.ShouldBe(HttpStatusCode.Unauthorized);
        var spans = scene.Collector.Spans;
        spans.ShouldContain(span =>
            span.Source == "Microsoft.AspNetCore" && span.Tags.GetValueOrDefault("http.response.status_code") == "401"
        );
        spans.Where(span => span.TraceId == SendersTrace || span.Links.Contains(Senders)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Probes_are_not_traced()
    {
        await using var scene = await TelemetryScene.StartAsync();

        await scene.Hub.Http.GetStringAsync("/health/ready");
        await scene.Hub.Http.GetStringAsync("/events");
        await scene.EndAsync();

        scene
            .Collector.Spans.Where(span => span.Tags.ContainsKey("http.route"))
            .Select(span => span.Name)
            .ShouldBe(["GET /events"]);
    }

    [Fact]
    public async Task An_unsampled_trace_is_not_linked_and_continues_unsampled()
    {
        await using var scene = await TelemetryScene.StartAsync("OTEL_TRACES_SAMPLER=always_off");
        await scene.RegisterAsync();

        await scene.PostAsync("n-1", traceparent: $"00-{Senders}-01");
        var notified = await scene.ReceiveAsync("asset.count.notified");
        await scene.EndAsync();

        notified.Properties["traceparent"].ToString().ShouldNotBeNull().ShouldEndWith("-00");
        scene.Collector.Spans.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(OtlpCollector.HttpProtobuf)]
    [InlineData(OtlpCollector.Grpc)]
    public async Task Metrics_and_logs_are_exported_under_the_configured_name(string protocol)
    {
        await using var scene = await TelemetryScene.StartWithAsync(
            protocol,
            "OTEL_SERVICE_NAME=hub-north",
            "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test",
            "Logging:LogLevel:Default=Information"
        );
        await scene.RegisterAsync();
        await scene.PostAsync("n-1");
        await scene.ReceiveAsync("asset.count.notified");
        await scene.EndAsync();

        var collector = scene.Collector;
        collector.Spans.ShouldContain(span => span.Name == "route");
        collector.Resource["service.name"].ShouldBe("hub-north");
        collector.Resource["deployment.environment.name"].ShouldBe("test");
        collector.Metrics["NotificationHub"].ShouldContain("notificationhub.intake.deliveries");
        collector.Metrics["NotificationHub"].ShouldContain("notificationhub.storage.commit.duration");
        collector.Metrics["NotificationHub"].ShouldContain("notificationhub.publishing.delay");
        collector.Metrics["Microsoft.AspNetCore.Hosting"].ShouldContain("http.server.request.duration");
        collector.Metrics["NotificationHub.Apple"].ShouldContain("http.client.request.duration");
        collector.Metrics["System.Runtime"].ShouldContain("dotnet.gc.collections");
        collector.Logs.ShouldContain(line => line.StartsWith("The database is ", StringComparison.Ordinal));
    }
}
