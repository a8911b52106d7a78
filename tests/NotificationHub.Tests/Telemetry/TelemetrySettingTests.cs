using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Telemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace NotificationHub.Tests.Telemetry;

public sealed class TelemetrySettingTests
{
    [Theory]
    [InlineData("", "", false)]
    [InlineData("http://localhost:4317", "", true)]
    [InlineData("", "https://eu.example.com/", true)]
    [InlineData("http://localhost:4317", "https://eu.example.com/", true)]
    [InlineData("http://localhost:4317", "https://eu.example.com/", false, "OTEL_SDK_DISABLED=true")]
    public async Task Nothing_is_exported_unless_a_destination_is_set(
        string otlp,
        string azureMonitor,
        bool isExported,
        string setting = "OTEL_SDK_DISABLED=false"
    )
    {
        using var folder = new TemporaryFolder();
        await using var app = HubApplication.Build([
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            // An empty setting takes precedence over the environment.
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={otlp}",
            azureMonitor.Length > 0
                ? $"--{IngestionEndpoint.SettingFor(new Uri(azureMonitor))}"
                : "--APPLICATIONINSIGHTS_CONNECTION_STRING=",
            $"--{setting}",
        ]);

        (app.Services.GetService<TracerProvider>() is not null).ShouldBe(isExported);
        (app.Services.GetService<MeterProvider>() is not null).ShouldBe(isExported);
        app.Services.GetServices<ILoggerProvider>()
            .OfType<OpenTelemetryLoggerProvider>()
            .Count()
            .ShouldBe(isExported ? 1 : 0);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317", "such as http://localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "must be grpc")]
    [InlineData("OTEL_TRACES_SAMPLER=sometimes", "must be always_on")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG=10%", "must be a number between 0 and 1")]
    public void A_setting_that_would_be_ignored_prevents_the_start(string setting, string advice)
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

        refused.Errors.ShouldHaveSingleItem().ShouldContain(advice);
        refused.Errors[0].ShouldStartWith($"  {setting.Split('=')[0]}: ");
    }

    [Theory]
    [InlineData("")]
    [InlineData(";InstrumentationKey=0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData(";IngestionEndpoint=http://eu.example.com/")]
    [InlineData(";IngestionEndpoint=eu.example.com")]
    [InlineData(";IngestionEndpoint=")]
    [InlineData(";;IngestionEndpoint=https://eu.example.com/")]
    [InlineData("x")]
    public void An_invalid_connection_string_is_rejected_and_not_logged(string end)
    {
        const string Key = "0f8fad5b-d9cb-469f-a165-70867728950e";
        using var folder = new TemporaryFolder();

        var refused = Should.Throw<ConfigurationException>(() =>
            HubApplication.Build([
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
                $"--APPLICATIONINSIGHTS_CONNECTION_STRING={(end.Length == 0 ? Key : $"InstrumentationKey={Key}{end}")}",
            ])
        );

        refused.Errors.ShouldHaveSingleItem().ShouldStartWith("  APPLICATIONINSIGHTS_CONNECTION_STRING: must be ");
        refused.Message.ShouldNotContain(Key);
    }

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD;ClientId=x", "AZURE_CLIENT_ID")]
    [InlineData("APPLICATIONINSIGHTS_SDKSTATS_DISABLED_ALL=false", "set it as an environment variable")]
    public void A_setting_of_Azure_Monitor_without_effect_is_rejected(string setting, string advice)
    {
        using var folder = new TemporaryFolder();

        var refused = Should.Throw<ConfigurationException>(() =>
            HubApplication.Build([
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
                $"--{IngestionEndpoint.SettingFor(new Uri("https://eu.example.com/"))}",
                $"--{setting}",
            ])
        );

        refused.Errors.ShouldHaveSingleItem().ShouldContain(advice);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("always_on", true)]
    [InlineData("parentbased_always_off", false)]
    [InlineData("parentbased_traceidratio", false)]
    public void The_configured_sampler_decides_if_there_is_no_link(string? name, bool recorded) =>
        IsRecorded(name, links: null).ShouldBe(recorded);

    [Fact]
    public void A_trace_with_a_recorded_link_is_recorded_at_any_ratio()
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
        var sampler = SamplerSetting.Read(settings, (setting, error) => Assert.Fail($"{setting} {error}"));
        var parameters = new SamplingParameters(
            default,
            ActivityTraceId.CreateRandom(),
            "route",
            ActivityKind.Internal,
            tags: null,
            links is { } link ? [link] : null
        );
        return sampler.ShouldSample(parameters).Decision == SamplingDecision.RecordAndSample;
    }
}
