using System.Net;
using System.Text.Json.Serialization.Metadata;
using Polly;

namespace NotificationHub.Apple;

/// <summary>
/// Apple's App and Book Management API, version 2. One instance serves many locations: what belongs to one of them is in its
/// <see cref="AppleSession"/>. Safe for concurrent use.
/// </summary>
public sealed class AppleClient : IDisposable
{
    private readonly AppleExchange exchange;
    private readonly ServiceConfigCache serviceConfig;
    private readonly ResiliencePipeline readRetries;

    /// <param name="http">Sends the requests. Give it a handler of <see cref="CreateHandler"/>, or one that follows no redirect.</param>
    /// <param name="options">Where Apple is.</param>
    /// <param name="time">Paces, dates and times out.</param>
    /// <exception cref="ArgumentException">The base address is neither https nor loopback.</exception>
    public AppleClient(HttpClient http, AppleClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.BaseUrl is not { IsAbsoluteUri: true, Query: "", Fragment: "" } || !IsSafe(options.BaseUrl))
        {
            throw new ArgumentException(
                "Apple's base address must be https (or http on a loopback address), without a query.",
                nameof(options)
            );
        }

        Options = options;
        exchange = new AppleExchange(http, options, time);
        readRetries = ReadRetries.Create(options, time);
        serviceConfig = new ServiceConfigCache(FetchServiceConfigAsync, options.ServiceConfigLifetime, time);
    }

    /// <summary>What the client was made with.</summary>
    public AppleClientOptions Options { get; }

    /// <summary>
    /// A handler as this client needs it: it follows no redirect (the content token must go nowhere else), keeps no cookies, and
    /// looks names up anew every few minutes.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };

    /// <summary>Limits, addresses and error texts, at most <see cref="AppleClientOptions.ServiceConfigLifetime"/> old. Needs no content token. Apple: Service Config.</summary>
    /// <exception cref="AppleException">Apple did not answer, or not with a Service Config.</exception>
    public async Task<ServiceConfig> GetServiceConfigAsync(CancellationToken cancellationToken) =>
        await readRetries.ExecuteAsync(async token => await serviceConfig.GetAsync(token), cancellationToken);

    /// <summary>Frees the client; the HttpClient stays its owner's.</summary>
    public void Dispose() => serviceConfig.Dispose();

    internal async Task<T> ReadAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> answerType,
        CancellationToken cancellationToken
    )
        where T : AppleAnswer =>
        await readRetries.ExecuteAsync(
            async token => await SendOnceAsync(call, rate, answerType, token),
            cancellationToken
        );

    /// <summary>Without repetition: after a write that was not answered, nobody knows whether it took effect.</summary>
    internal async Task<T> SendOnceAsync<T>(
        AppleCall call,
        RequestRate rate,
        JsonTypeInfo<T> answerType,
        CancellationToken cancellationToken
    )
        where T : AppleAnswer
    {
        var config = await serviceConfig.GetOrDocumentedAsync(cancellationToken);
        var url = call.Endpoint.Resolve(Options.BaseUrl, config);
        using var permit = await rate.EnterAsync(Options.LongestRetryAfter, cancellationToken);
        try
        {
            var answer = await exchange.SendAsync(call, url, answerType, cancellationToken);
            permit.Succeeded();
            return answer;
        }
        catch (AppleException fault)
        {
            permit.Failed(fault);
            throw;
        }
    }

    private static bool IsSafe(Uri url) =>
        url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    private Task<ServiceConfig> FetchServiceConfigAsync(CancellationToken cancellationToken)
    {
        var call = new AppleCall(Endpoint.ServiceConfig) { TimeLimit = Options.ServiceConfigTimeout };
        var url = call.Endpoint.Resolve(Options.BaseUrl, ServiceConfig.Documented);
        return exchange.SendAsync(call, url, AnswerJsonContext.Default.ServiceConfig, cancellationToken);
    }
}
