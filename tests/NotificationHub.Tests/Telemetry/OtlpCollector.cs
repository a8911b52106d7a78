using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Telemetry;

/// <summary>A span as received.</summary>
/// <param name="Links">The trace and span IDs of its links, in the format of <c>traceparent</c>.</param>
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

/// <summary>Receives OTLP on a free port.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    public const string Grpc = "grpc";
    public const string HttpProtobuf = "http/protobuf";

    /// <summary>An empty gRPC message, which consists of the prefix of every message.</summary>
    private static readonly byte[] GrpcFrame = new byte[5];

    private readonly ConcurrentQueue<(string Path, byte[] Body)> received = new();
    private readonly WebApplication app;

    private readonly string protocol;

    private OtlpCollector(WebApplication app, string protocol) => (this.app, this.protocol) = (app, protocol);

    /// <summary>The settings with which a hub exports to this collector at short intervals.</summary>
    public string[] Settings =>
        [
            $"OTEL_EXPORTER_OTLP_ENDPOINT={app.Urls.Single()}",
            $"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}",
            "OTEL_METRIC_EXPORT_INTERVAL=1000",
        ];

    /// <summary>Every received byte, as Latin-1.</summary>
    public string Everything => string.Join('\n', received.Select(one => Encoding.Latin1.GetString(one.Body)));

    public IReadOnlyList<ExportedSpan> Spans =>
        [
            .. from scope in Messages("trace", 1, 2)
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
        Messages("metrics", 1, 2)
            .SelectMany(scope => scope.At(2).Select(metric => (Meter: scope.TextAt(1, 1), Name: metric.TextAt(1))))
            .Distinct()
            .ToLookup(metric => metric.Meter, metric => metric.Name, StringComparer.Ordinal);

    /// <summary>The lines of the log.</summary>
    public IReadOnlyList<string> Logs => [.. Messages("logs", 1, 2, 2).Select(line => line.TextAt(5, 1))];

    /// <summary>The resource attributes of all signals.</summary>
    public IReadOnlyDictionary<string, string> Resource => TagsOf(Messages("metrics", 1, 1).First(), 1);

    /// <param name="protocol">A value of <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>.</param>
    public static async Task<OtlpCollector> StartAsync(string protocol = HttpProtobuf)
    {
        var builder = WebApplication.CreateBuilder([
            "--urls=http://127.0.0.1:0",
            $"--Kestrel:EndpointDefaults:Protocols={(protocol == Grpc ? "Http2" : "Http1")}",
        ]);
        builder.Logging.ClearProviders();
        var collector = new OtlpCollector(builder.Build(), protocol);
        collector.app.Run(collector.ReceiveAsync);
        await collector.app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var isFramed = protocol == Grpc;
        received.Enqueue((context.Request.Path.Value!, body.ToArray()[(isFramed ? GrpcFrame.Length : 0)..]));
        context.Response.ContentType = context.Request.ContentType;
        if (isFramed)
        {
            await context.Response.Body.WriteAsync(GrpcFrame);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    /// <param name="signal">A word in the paths of both protocols.</param>
    private IEnumerable<ReadOnlyMemory<byte>> Messages(string signal, params int[] fields) =>
        received
            .Where(one => one.Path.Contains(signal, StringComparison.Ordinal))
            .SelectMany(one => new ReadOnlyMemory<byte>(one.Body).At(fields));

    private static Dictionary<string, string> TagsOf(ReadOnlyMemory<byte> message, int number) =>
        message.At(number).ToDictionary(tag => tag.TextAt(1), ValueOf, StringComparer.Ordinal);

    // A number has a field of its own.
    private static string ValueOf(ReadOnlyMemory<byte> tag) =>
        tag.At(2)
            .SelectMany(Wire.Read)
            .Select(value => value.Number == 1 ? Encoding.UTF8.GetString(value.Bytes.Span) : $"{value.Value}")
            .FirstOrDefault("");
}
