using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>Sends one request and turns the result into a response or an <see cref="AppleException"/>.</summary>
internal sealed class AppleExchange(
    HttpClient http,
    AppleClientOptions options,
    TimeProvider time,
    RequestTelemetry telemetry
)
{
    public async Task<T> SendAsync<T>(
        AppleCall call,
        Uri url,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse
    {
        using var request = call.ToRequest(url, options.UserAgent);
        using var observed = telemetry.Begin(request, call.Endpoint.Path);
        try
        {
            return await SendAsync(call, request, observed, responseType, cancellationToken);
        }
        catch (Exception exception)
        {
            observed.Failed(exception);
            throw;
        }
    }

    private async Task<T> SendAsync<T>(
        AppleCall call,
        HttpRequestMessage request,
        RequestObservation observed,
        JsonTypeInfo<T> responseType,
        CancellationToken cancellationToken
    )
        where T : AppleResponse
    {
        var timeLimit = call.TimeLimit ?? options.RequestTimeout;
        using var timeout = new CancellationTokenSource(timeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var sentTo = request.RequestUri;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            observed.Responded(response);
            if (response.RequestMessage?.RequestUri != sentTo)
            {
                throw new AppleException(
                    AppleErrorKind.Protocol,
                    $"{call.Name} was redirected; redirects are not followed."
                )
                {
                    HttpStatusCode = response.StatusCode,
                };
            }

            var body = await ReadBoundedAsync(call, response, either.Token);
            return new ResponseReader(call, response, body, time).Read(responseType);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AppleException(
                AppleErrorKind.Network,
                $"{call.Name}: no complete response from Apple within {timeLimit}.",
                exception
            );
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var reason = (exception as HttpRequestException)?.HttpRequestError.ToString() ?? "incomplete response";
            throw new AppleException(
                AppleErrorKind.Network,
                $"{call.Name}: no response from Apple ({reason}).",
                call.Reveals(exception) ? null : exception
            )
            {
                WasNotSent =
                    exception
                        is HttpRequestException
                        {
                            HttpRequestError: HttpRequestError.NameResolutionError
                                or HttpRequestError.ConnectionError
                                or HttpRequestError.SecureConnectionError
                                or HttpRequestError.ProxyTunnelError
                        },
            };
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(
        AppleCall call,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        var limit = options.MaxResponseBytes;
        var announced = response.Content.Headers.ContentLength ?? 0;
        using var body = new MemoryStream((int)Math.Min(announced, Math.Min(limit, 1024 * 1024)));
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        while (announced <= limit && body.Length <= limit)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                return body.GetBuffer().AsMemory(0, (int)body.Length);
            }

            body.Write(buffer, 0, read);
        }

        throw new AppleException(AppleErrorKind.Protocol, $"{call.Name}: the response is longer than {limit} bytes.")
        {
            HttpStatusCode = response.StatusCode,
        };
    }
}
