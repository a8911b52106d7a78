using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Telemetry;

public sealed class TelemetryShutdownTests
{
    /// <summary>OpenTelemetry exports the three signals one after another, each within five seconds.</summary>
    private static readonly TimeSpan LongestExport = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Unresponsive_destinations_delay_the_shutdown_only_by_the_timeout_of_the_last_exports()
    {
        // The operating system accepts the connections, but nothing reads from them.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var insights = await IngestionEndpoint.StartAsync(status: null);
        await using var hub = await HubHost.StartAsync(
            insights.Setting,
            $"OTEL_EXPORTER_OTLP_ENDPOINT=http://{silent.LocalEndpoint}",
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "Logging:LogLevel:Default=Information"
        );
        await hub.Http.GetStringAsync("/events");
        await hub.StopAsync();

        await hub.EndAsync().WaitAsync(LongestExport + TimeSpan.FromSeconds(5));

        silent.Pending().ShouldBeTrue("nothing was exported by OTLP");
        insights.Items.ShouldNotBeEmpty();
    }

    [BicepFact]
    public void A_replica_has_time_to_stop_and_to_export_its_last_telemetry()
    {
        using var folder = new TemporaryFolder();
        var hub = HubApplication.Compose([
            "--environment=Production",
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
        ]);
        using var services = hub.Services.BuildServiceProvider();

        var stop = services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;

        var seconds = Deployment.Dev.Hub.At("properties.template.terminationGracePeriodSeconds").GetInt32();
        (stop + LongestExport).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(seconds));
    }
}
