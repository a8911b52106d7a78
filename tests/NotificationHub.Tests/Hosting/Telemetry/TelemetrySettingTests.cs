using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Telemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;

namespace NotificationHub.Tests.Hosting.Telemetry;

public sealed class TelemetrySettingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_sent_unless_an_endpoint_is_set(bool isSet)
    {
        using var folder = new TemporaryFolder();
        // Set to nothing it wins over an environment that has one.
        var endpoint = isSet ? "http://localhost:4317" : "";
        await using var app = HubApplication.Build([
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}",
        ]);

        app.Services.GetServices<IHostedService>().OfType<TelemetryExport>().Count().ShouldBe(isSet ? 1 : 0);
        app.Services.GetServices<ILoggerProvider>()
            .OfType<OpenTelemetryLoggerProvider>()
            .Count()
            .ShouldBe(isSet ? 1 : 0);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317", "such as http://localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "must be grpc")]
    [InlineData("OTEL_TRACES_SAMPLER=sometimes", "must be always_on")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG=10%", "must be a share between 0 and 1")]
    public void A_setting_that_would_be_passed_over_ends_the_start(string setting, string advice)
    {
        using var folder = new TemporaryFolder();

        var refused = Should.Throw<ConfigurationException>(() =>
            HubApplication.Build([
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
                "--OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317",
                "--OTEL_TRACES_SAMPLER=traceidratio",
                $"--{setting}",
            ])
        );

        refused.Faults.ShouldHaveSingleItem().ShouldContain(advice);
        refused.Faults[0].ShouldStartWith($"  {setting.Split('=')[0]}: ");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("always_on", true)]
    [InlineData("parentbased_always_off", false)]
    [InlineData("parentbased_traceidratio", false)]
    public void The_sampler_that_is_set_decides_of_what_follows_nothing_recorded(string? name, bool recorded) =>
        IsRecorded(name, links: null).ShouldBe(recorded);

    [Fact]
    public void What_follows_something_recorded_is_recorded_whatever_the_share()
    {
        IsRecorded("traceidratio", Link(ActivityTraceFlags.Recorded)).ShouldBeTrue();
        IsRecorded("traceidratio", Link(ActivityTraceFlags.None)).ShouldBeFalse();
        IsRecorded("always_off", Link(ActivityTraceFlags.Recorded)).ShouldBeFalse();
    }

    private static ActivityLink Link(ActivityTraceFlags flags) =>
        new(new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags));

    private static bool IsRecorded(string? name, ActivityLink? links)
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?> { [SamplerSetting.Name] = name, [SamplerSetting.Argument] = "0" }
            )
            .Build();
        var sampler = SamplerSetting.Read(settings, (setting, fault) => Assert.Fail($"{setting} {fault}"));
        var asked = new SamplingParameters(
            default,
            ActivityTraceId.CreateRandom(),
            "route",
            ActivityKind.Internal,
            tags: null,
            links is { } link ? [link] : null
        );
        return sampler.ShouldSample(asked).Decision == SamplingDecision.RecordAndSample;
    }
}
