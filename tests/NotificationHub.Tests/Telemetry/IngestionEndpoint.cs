using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NotificationHub.Telemetry;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Telemetry;

/// <summary>An item as Application Insights receives it.</summary>
internal sealed record IngestedItem(JsonElement Json)
{
    public string Type => Json.Text("data.baseType")!;

    /// <summary>The name of a request, a dependency or a metric; the message of a log line.</summary>
    public string Name => Data.Text("name") ?? Data.Text("message") ?? Data.Text("metrics.0.name") ?? "";

    public JsonElement Data => Json.At("data.baseData");

    public string? Property(string name) =>
        Data.Find("properties") is { } properties && properties.TryGetProperty(name, out var value)
            ? value.GetString()
            : null;

    public string? Tag(string name) => Json.At("tags").TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>Stands in for the ingestion endpoint of Azure Monitor, on a free port.</summary>
internal sealed class IngestionEndpoint : IAsyncDisposable
{
    public const string Key = "0f8fad5b-d9cb-469f-a165-70867728950e";

    private readonly ConcurrentQueue<string> bodies = new();
    private readonly ConcurrentQueue<string> authorizations = new();
    private readonly WebApplication app;

    // The exporter reads them once in a process, before it sends statistics about itself to Microsoft.
    static IngestionEndpoint()
    {
        foreach (var name in AzureMonitorExport.EnvironmentVariables)
        {
            Environment.SetEnvironmentVariable(name, "true");
        }
    }

    private IngestionEndpoint(WebApplication app) => this.app = app;

    /// <summary>The status of every response; null: requests are never answered.</summary>
    public int? Status { get; init; } = StatusCodes.Status200OK;

    public Uri Url => new(app.Urls.Single());

    public string Setting => SettingFor(Url);

    public string Everything => string.Join('\n', bodies);

    public IReadOnlyCollection<string> Authorizations => authorizations;

    public IReadOnlyList<IngestedItem> Items =>
        [
            .. bodies
                .SelectMany(body => body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                .Select(line => new IngestedItem(JsonSerializer.Deserialize<JsonElement>(line))),
        ];

    public static string SettingFor(Uri url) =>
        $"APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey={Key};IngestionEndpoint={url}";

    public static async Task<IngestionEndpoint> StartAsync(int? status = StatusCodes.Status200OK)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var endpoint = new IngestionEndpoint(builder.Build()) { Status = status };
        endpoint.app.Run(endpoint.ReceiveAsync);
        await endpoint.app.StartAsync();
        return endpoint;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(
            context.Request.Headers.ContentEncoding == "gzip"
                ? new GZipStream(context.Request.Body, CompressionMode.Decompress)
                : context.Request.Body,
            Encoding.UTF8
        );
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        bodies.Enqueue(body);
        authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
        if (Status is not { } status)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        var count = body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(
            new
            {
                itemsReceived = count,
                itemsAccepted = count,
                errors = Array.Empty<object>(),
            }
        );
    }
}
