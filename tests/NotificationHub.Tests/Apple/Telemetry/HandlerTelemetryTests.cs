using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Telemetry;

/// <summary>A real server: the handler of .NET would report the same requests.</summary>
public sealed class HandlerTelemetryTests
{
    [Fact]
    public async Task Each_request_is_reported_once_and_Apple_gets_no_trace_context()
    {
        using var seen = new RecordedTelemetry();
        List<string> headers = [];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.Run(context =>
        {
            headers.AddRange(context.Request.Headers.Keys);
            return context.Response.WriteAsync("""{"limits":{}}""");
        });
        await server.StartAsync(CancellationToken.None);
        var baseUrl = new Uri(server.Urls.Single());
        var services = new ServiceCollection();
        services.AddAppsAndBooksClient(options => options.BaseUrl = baseUrl);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<AppleClient>().GetServiceConfigAsync(CancellationToken.None);

        seen.Spans.ShouldHaveSingleItem().DisplayName.ShouldBe("GET /service/config");
        seen.Of("http.client.request.duration", baseUrl.Port)
            .Select(measured => measured.Instrument.Meter.Name)
            .ShouldBe([AppleTelemetry.ConnectionMeterName]);
        headers.ShouldContain("User-Agent");
        headers.ShouldNotContain("traceparent");
    }

    [Fact]
    public async Task The_registered_client_measures_with_the_meters_of_the_application()
    {
        using var seen = new RecordedTelemetry();
        var services = new ServiceCollection();
        services.AddSingleton<System.Diagnostics.Metrics.IMeterFactory>(seen.Meters);
        services
            .AddAppsAndBooksClient()
            .ConfigurePrimaryHttpMessageHandler(() => new ScriptedApple(TimeProvider.System));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<AppleClient>().GetServiceConfigAsync(CancellationToken.None);

        seen.Of("http.client.request.duration")
            .ShouldHaveSingleItem()
            .Instrument.Meter.Name.ShouldBe(AppleTelemetry.MeterName);
    }
}
