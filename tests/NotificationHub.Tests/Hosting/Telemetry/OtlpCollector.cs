using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Hosting.Telemetry;

/// <summary>A span as it arrived.</summary>
/// <param name="Links">The trace and span ids that it is linked to, as a <c>traceparent</c> has them.</param>
internal sealed record ExportedSpan(
    string Source,
    string Name,
    string TraceId,
    string SpanId,
    string ParentId,
    IReadOnlyList<string> Links,
    IReadOnlyDictionary<string, string> Tags
)
{
    public string Id => $"{TraceId}-{SpanId}";
}

/// <summary>Takes what is sent by OTLP over HTTP, on a free port.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, byte[] Body)> received = new();
    private readonly WebApplication app;

    private OtlpCollector(WebApplication app) => this.app = app;

    /// <summary>What has a hub send here, soon.</summary>
    public string[] Settings =>
        [
            $"OTEL_EXPORTER_OTLP_ENDPOINT={app.Urls.Single()}",
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "OTEL_METRIC_EXPORT_INTERVAL=1000",
        ];

    /// <summary>Every byte that came, as Latin-1.</summary>
    public string Everything => string.Join('\n', received.Select(one => Encoding.Latin1.GetString(one.Body)));

    public IReadOnlyList<ExportedSpan> Spans =>
        [
            .. from scope in Messages("/v1/traces", 1, 2)
            from span in scope.At(2)
            select new ExportedSpan(
                scope.TextAt(1, 1),
                span.TextAt(5),
                span.HexAt(1),
                span.HexAt(2),
                span.HexAt(4),
                [.. span.At(13).Select(link => $"{link.HexAt(1)}-{link.HexAt(2)}")],
                TagsOf(span, 9)
            ),
        ];

    /// <summary>The names of the metrics, by their meter.</summary>
    public ILookup<string, string> Metrics =>
        Messages("/v1/metrics", 1, 2)
            .SelectMany(scope => scope.At(2).Select(metric => (Meter: scope.TextAt(1, 1), Name: metric.TextAt(1))))
            .Distinct()
            .ToLookup(metric => metric.Meter, metric => metric.Name, StringComparer.Ordinal);

    /// <summary>The lines of the log.</summary>
    public IReadOnlyList<string> Logs => [.. Messages("/v1/logs", 1, 2, 2).Select(line => line.TextAt(5, 1))];

    /// <summary>What all say of who they are.</summary>
    public IReadOnlyDictionary<string, string> Resource => TagsOf(Messages("/v1/metrics", 1, 1).First(), 1);

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var collector = new OtlpCollector(builder.Build());
        collector.app.Run(collector.TakeAsync);
        await collector.app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        received.Enqueue((context.Request.Path.Value!, body.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }

    private IEnumerable<ReadOnlyMemory<byte>> Messages(string path, params int[] fields) =>
        received.Where(one => one.Path == path).SelectMany(one => new ReadOnlyMemory<byte>(one.Body).At(fields));

    private static Dictionary<string, string> TagsOf(ReadOnlyMemory<byte> message, int number) =>
        message.At(number).ToDictionary(tag => tag.TextAt(1), ValueOf, StringComparer.Ordinal);

    // A number stands in a field of its own.
    private static string ValueOf(ReadOnlyMemory<byte> tag) =>
        tag.At(2)
            .SelectMany(Wire.Read)
            .Select(value => value.Number == 1 ? Encoding.UTF8.GetString(value.Bytes.Span) : $"{value.Value}")
            .FirstOrDefault("");
}
