using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.Security;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>A notification with its body, which is the same in every attempt and duplicate.</summary>
internal sealed record OutgoingNotification(string Id, string Type, string LocationUId, byte[] Body)
{
    public static OutgoingNotification Create(string id, string type, string locationUId, JsonObject payload)
    {
        var envelope = new JsonObject
        {
            ["notificationId"] = id,
            ["notificationType"] = type,
            ["notification"] = payload,
            ["uId"] = locationUId,
        };
        return new(id, type, locationUId, JsonSerializer.SerializeToUtf8Bytes(envelope));
    }
}

internal sealed record NotificationDestination(Uri Url, string Secret);

/// <summary>Sends one delivery attempt over a bounded set of pooled connections.</summary>
internal sealed class NotificationSender(TimeProvider timeProvider, SimulatedDeliveryOptions options, DeliveryLog log)
    : IDisposable
{
    // Apple's is not documented.
    private static readonly ProductInfoHeaderValue UserAgent = new("SimulatedApple", "1.0");

    private readonly SemaphoreSlim _connections = new(options.MaxConnections);
    private readonly HttpClient _client = new(
        new SocketsHttpHandler
        {
            MaxConnectionsPerServer = options.MaxConnections,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = options.CertificateValidation,
            },
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<DeliveryAttempt> PostAsync(
        OutgoingNotification notification,
        NotificationDestination destination,
        CancellationToken cancellationToken
    )
    {
        await _connections.WaitAsync(cancellationToken);
        try
        {
            var at = timeProvider.GetUtcNow();
            var attempt = await SendAsync(at, notification, destination, cancellationToken);
            log.RecordAttempt(notification, attempt);
            return attempt;
        }
        finally
        {
            _connections.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _connections.Dispose();
    }

    private async Task<DeliveryAttempt> SendAsync(
        DateTimeOffset at,
        OutgoingNotification notification,
        NotificationDestination destination,
        CancellationToken cancellationToken
    )
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, destination.Url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", destination.Secret);
        request.Headers.UserAgent.Add(UserAgent);
        request.Content = new ByteArrayContent(notification.Body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        try
        {
            using var response = await _client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                either.Token
            );
            return new DeliveryAttempt(at, (int)response.StatusCode, response.Headers.RetryAfter?.Delta);
        }
        catch (HttpRequestException exception)
        {
            return new DeliveryAttempt(at, null, Error: exception.HttpRequestError);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryAttempt(at, null);
        }
    }
}
