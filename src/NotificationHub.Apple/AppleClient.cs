using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json.Serialization.Metadata;
using Polly;

namespace NotificationHub.Apple;

/// <summary>
/// Client for Apple's App and Book Management API, version 2. One instance serves many locations; each has its own
/// <see cref="AppleSession"/>. Safe for concurrent use.
/// </summary>
public sealed class AppleClient : IDisposable
{
    /// <summary>The name of the client's <see cref="HttpClient"/> at the factory of <c>AddAppsAndBooksClient</c>.</summary>
    public const string HttpClientName = "NotificationHub.Apple";

    private readonly AppleExchange exchange;
    private readonly ServiceConfigCache serviceConfig;
    private readonly ResiliencePipeline readRetries;
    private readonly ResiliencePipeline listRetries;
    private readonly ResiliencePipeline writeRetries;

    /// <param name="http">Sends the requests. Use a handler from <see cref="CreateHandler"/>, or one that follows no redirects.</param>
    /// <param name="options">Address, time limits and retries.</param>
    /// <param name="time">The clock for pacing, dates and time limits.</param>
    /// <param name="meters">Creates the meter <see cref="AppleTelemetry.MeterName"/>; null for one meter of the process.</param>
    /// <exception cref="ArgumentException">The base address is neither https nor loopback.</exception>
    public AppleClient(HttpClient http, AppleClientOptions options, TimeProvider time, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (!BaseAddress.IsSafe(options.BaseUrl))
        {
            throw new ArgumentException($"Apple's base address {BaseAddress.Requirement}", nameof(options));
        }

        if (!options.IsEventPollIntervalAllowed)
        {
            throw new ArgumentException(
                $"The poll interval of Event Status {AppleClientOptions.EventPollRequirement}",
                nameof(options)
            );
        }

        Options = options;
        Time = time;
        Telemetry = new RequestTelemetry(meters, time);
        exchange = new AppleExchange(http, options, time, Telemetry);
        readRetries = Retries.ForPages(options, time);
        listRetries = Retries.ForLists(options, time);
        writeRetries = Retries.ForWrites(options, time);
        serviceConfig = new ServiceConfigCache(FetchServiceConfigAsync, options.ServiceConfigLifetime, time);
    }

    /// <summary>The options of the client.</summary>
    public AppleClientOptions Options { get; }

    internal RequestTelemetry Telemetry { get; }

    /// <summary>
    /// Creates a handler for this client. It follows no redirects, because the content token must go nowhere else; it
    /// stores no cookies, and resolves host names again every few minutes. It creates no spans and sends no trace context,
    /// because the client creates its own spans and Apple is no part of your traces.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() =>
        new()
        {
            ActivityHeadersPropagator = null,
            MeterFactory = ConnectionMeters.Instance,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };

    /// <summary>Reads limits, addresses and error texts, at most <see cref="AppleClientOptions.ServiceConfigLifetime"/> old. Needs no content token. Apple: Service Config.</summary>
    /// <exception cref="AppleException">Apple did not respond, or not with a Service Config.</exception>
    public async Task<ServiceConfig> GetServiceConfigAsync(CancellationToken cancellationToken) =>
        await readRetries.ExecuteAsync(async token => await serviceConfig.GetAsync(token), cancellationToken);

    internal TimeProvider Time { get; }

    /// <summary>Disposes the client, but not the HttpClient.</summary>
    public void Dispose() => serviceConfig.Dispose();

    internal async Task<T> ReadAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse =>
        await readRetries.ExecuteAsync(
            async token => await SendOnceAsync(call, rate, responseType, token),
            cancellationToken
        );

    /// <summary>A read of a list, which also waits after a 429.</summary>
    internal async Task<T> ReadListAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse =>
        await listRetries.ExecuteAsync(
            async token => await SendOnceAsync(call, rate, responseType, token),
            cancellationToken
        );

    /// <summary>A write, which is repeated only if Apple certainly did not start it.</summary>
    internal async Task<T> WriteAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse =>
        await writeRetries.ExecuteAsync(
            async token => await SendOnceAsync(call, rate, responseType, token),
            cancellationToken
        );

    /// <summary>Apple's current limits, or the documented ones.</summary>
    internal Task<ServiceConfig> GetLimitsAsync(CancellationToken cancellationToken) =>
        serviceConfig.GetOrDocumentedAsync(cancellationToken);

    internal Task<ServiceConfig> RefreshLimitsAsync(CancellationToken cancellationToken)
    {
        serviceConfig.Expire();
        return serviceConfig.GetOrDocumentedAsync(cancellationToken);
    }

    // Never repeated: without a response, it is unknown whether a write took effect.
    internal async Task<T> SendOnceAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse
    {
        var config = await serviceConfig.GetOrDocumentedAsync(cancellationToken);
        var url = call.Endpoint.Resolve(Options.BaseUrl, config);
        rate.SetLimit(config.RequestLimit("maxRequestPerSecond"));
        using var permit = await EnterAsync(call, rate, cancellationToken);
        try
        {
            var response = await exchange.SendAsync(call, url, responseType, cancellationToken);
            permit.Succeeded();
            return response;
        }
        catch (AppleException exception)
        {
            permit.Failed(exception);
            throw;
        }
    }

    private async Task<RequestPermit> EnterAsync(AppleCall call, RequestRate rate, CancellationToken cancellationToken)
    {
        var start = Time.GetTimestamp();
        try
        {
            return await rate.EnterAsync(Options.LongestRetryAfter, cancellationToken);
        }
        finally
        {
            Telemetry.Waited(call.Endpoint.Path, Time.GetElapsedTime(start));
        }
    }

    private Task<ServiceConfig> FetchServiceConfigAsync(CancellationToken cancellationToken)
    {
        var call = new AppleCall(Endpoint.ServiceConfig) { TimeLimit = Options.ServiceConfigTimeout };
        var url = call.Endpoint.Resolve(Options.BaseUrl, ServiceConfig.Documented);
        return exchange.SendAsync(call, url, ResponseJsonContext.Default.ServiceConfig, cancellationToken);
    }
}
