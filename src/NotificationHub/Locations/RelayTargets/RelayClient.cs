using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace NotificationHub.Locations.RelayTargets;

/// <summary>Why a relay target did not accept a notification. The names are stored in kebab case.</summary>
internal enum RelayFailure
{
    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    TimedOut,

    /// <summary>The certificate is not valid, or TLS failed.</summary>
    SecureConnection,

    /// <summary>The host has only private addresses.</summary>
    AddressRefused,

    /// <summary>The stored secret cannot be decrypted.</summary>
    SecretUnreadable,

    ServerError,

    Throttled,

    /// <summary>401 or 403: probably a wrong secret.</summary>
    Unauthorized,

    /// <summary>404 or 410: probably a wrong path.</summary>
    NotFound,

    Redirected,

    /// <summary>Another 4xx.</summary>
    Refused,

    /// <summary>400, 413, 415 or 422: the target does not accept this notification.</summary>
    Rejected,
}

internal static class RelayFailures
{
    public static string ToWireName(this RelayFailure failure) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(failure.ToString());

    /// <summary>Whether the target's URL or secret, or the hub's settings, are probably wrong: not an outage.</summary>
    public static bool IsRefusal(this RelayFailure failure) =>
        failure
            is RelayFailure.AddressRefused
                or RelayFailure.SecretUnreadable
                or RelayFailure.Unauthorized
                or RelayFailure.NotFound
                or RelayFailure.Redirected
                or RelayFailure.Refused;
}

/// <summary>A delivery as Apple sent it.</summary>
/// <param name="ContentType">Null for none.</param>
internal sealed record RelayMessage(ReadOnlyMemory<byte> Body, string? ContentType, string? UserAgent);

/// <param name="Failure">Null if the target accepted the notification.</param>
/// <param name="Status">Null if there was no response.</param>
internal sealed record RelayResponse(RelayFailure? Failure, int? Status = null, TimeSpan? RetryAfter = null)
{
    /// <summary>For example <c>HTTP 401</c> or <c>timed-out</c>.</summary>
    public string Describe() => Status is { } status ? $"HTTP {status}" : Failure?.ToWireName() ?? "";
}

/// <summary>
/// Sends deliveries to relay targets, whose URLs are input: without redirects, proxy and cookies, to allowed addresses only, with a
/// limit for time and for the response.
/// </summary>
internal sealed class RelayClient(HttpMessageHandler handler, IOptions<RelayOptions> options, TimeProvider time)
    : IDisposable
{
    public const int MaxConnectionsPerHost = 16;

    private const int MaxResponseBytes = 4 * 1024;
    private const int MaxHeaderKilobytes = 16;

    private readonly HttpMessageInvoker invoker = new(handler);

    public static SocketsHttpHandler CreateHandler(RelayOptions options, bool isDevelopment) =>
        new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            // A new connection resolves the host again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxConnectionsPerServer = MaxConnectionsPerHost,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            MaxResponseDrainSize = MaxResponseBytes,
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            // Kestrel reads headers as Latin-1, so these are the bytes that Apple sent. By default, a character outside ASCII is an error.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = new RelayAddresses(options.AllowPrivateTargets, isDevelopment).ConnectAsync,
        };

    public async Task<RelayResponse> SendAsync(
        Uri url,
        RelaySecret? secret,
        RelayMessage message,
        CancellationToken cancellationToken
    )
    {
        using var request = CreateRequest(url, secret, message);
        using var timeout = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await invoker.SendAsync(request, either.Token);
            await DiscardAsync(response, either.Token);
            var status = (int)response.StatusCode;
            return new RelayResponse(Classify(status), status, ReadRetryAfter(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new RelayResponse(RelayFailure.TimedOut);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new RelayResponse(Classify(exception));
        }
    }

    public void Dispose() => invoker.Dispose();

    private static HttpRequestMessage CreateRequest(Uri url, RelaySecret? secret, RelayMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ReadOnlyMemoryContent(message.Body),
        };
        if (secret is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Reveal());
        }

        Add(request.Headers, "User-Agent", message.UserAgent);
        Add(request.Content.Headers, "Content-Type", message.ContentType);
        return request;
    }

    private static void Add(HttpHeaders headers, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }

    // So that the connection can be used again. The status is known, so an error changes nothing.
    private static async Task DiscardAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            _ = await body.ReadAtLeastAsync(
                new byte[MaxResponseBytes],
                MaxResponseBytes,
                throwOnEndOfStream: false,
                cancellationToken
            );
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private TimeSpan? ReadRetryAfter(RetryConditionHeaderValue? header) =>
        (header?.Delta ?? (header?.Date - time.GetUtcNow())) is { Ticks: > 0 } delay ? delay : null;

    private static RelayFailure? Classify(int status) =>
        status switch
        {
            >= 200 and < 300 => null,
            >= 300 and < 400 => RelayFailure.Redirected,
            401 or 403 => RelayFailure.Unauthorized,
            404 or 410 => RelayFailure.NotFound,
            400 or 413 or 415 or 422 => RelayFailure.Rejected,
            408 => RelayFailure.TimedOut,
            429 => RelayFailure.Throttled,
            >= 400 and < 500 => RelayFailure.Refused,
            _ => RelayFailure.ServerError,
        };

    private static RelayFailure Classify(Exception exception) =>
        exception switch
        {
            { InnerException: RelayAddressException } => RelayFailure.AddressRefused,
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                RelayFailure.SecureConnection,
            _ => RelayFailure.Unreachable,
        };
}
