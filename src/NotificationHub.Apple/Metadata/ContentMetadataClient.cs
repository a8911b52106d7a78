using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace NotificationHub.Apple;

/// <summary>
/// Looks up names, kinds and icons of apps and books, at the address that Service Config lists as
/// <c>contentMetadataLookup</c>. Needs no content token and sends none. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Apple documents neither the parameters nor the response of this address. The query is an assumption, which
/// <see cref="AppleClientOptions.MetadataQuery"/> can replace, and a response that is not understood means no metadata.
/// </remarks>
public sealed partial class ContentMetadataClient
{
    /// <summary>The number of IDs in one request. Apple documents no limit; this one keeps the URL short.</summary>
    public const int BatchSize = 100;

    private const int MaxResponseBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    private readonly HttpClient http;
    private readonly AppleClient apple;
    private readonly TimeProvider time;
    private readonly Lock gate = new();

    private Pause? pause;

    /// <param name="http">Sends the requests. Use a handler from <see cref="AppleClient.CreateHandler"/>.</param>
    /// <param name="apple">Reads Service Config, which lists the address.</param>
    /// <param name="time">The clock for time limits and pauses.</param>
    public ContentMetadataClient(HttpClient http, AppleClient apple, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(apple);
        ArgumentNullException.ThrowIfNull(time);
        this.http = http;
        this.apple = apple;
        this.time = time;
    }

    private sealed record Pause(AppleException Cause, long Since, TimeSpan Length);

    /// <summary>
    /// Looks up apps and books, <see cref="BatchSize"/> at a time, each batch within 10 seconds. Errors are not thrown, but
    /// returned: after one, the remaining IDs are not looked up, and no request is sent for a minute, or for as long as
    /// Apple's <c>Retry-After</c> says.
    /// </summary>
    /// <param name="adamIds">Apple's IDs. Duplicates are looked up once. An ID that is not a number is absent.</param>
    /// <param name="countryISO2ACode">The store's country: <see cref="ClientConfig.CountryISO2ACode"/> of the location, such as <c>US</c>.</param>
    /// <param name="cancellationToken">Cancels the lookup.</param>
    public async Task<ContentMetadataResult> LookUpAsync(
        IEnumerable<string> adamIds,
        string? countryISO2ACode,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(adamIds);
        var found = new Dictionary<string, ContentMetadata>(StringComparer.Ordinal);
        var ids = adamIds.Distinct(StringComparer.Ordinal).ToLookup(id => AdamId().IsMatch(id));
        List<string> absent = [.. ids[false]];
        List<string> failed = [];
        AppleException? error = null;
        foreach (var batch in ids[true].Chunk(BatchSize))
        {
            try
            {
                if (error is null)
                {
                    await LookUpAsync(batch, countryISO2ACode, found, cancellationToken);
                    absent.AddRange(batch.Where(id => !found.ContainsKey(id)));
                    continue;
                }
            }
            catch (AppleException exception)
            {
                error = exception;
            }

            failed.AddRange(batch);
        }

        return new ContentMetadataResult
        {
            Found = found,
            Absent = absent,
            Failed = failed,
            Error = error,
        };
    }

    private async Task LookUpAsync(
        string[] batch,
        string? country,
        Dictionary<string, ContentMetadata> found,
        CancellationToken cancellationToken
    )
    {
        ThrowIfPaused();
        var url = await FindUrlAsync(batch, country, cancellationToken);
        try
        {
            foreach (var entry in await SendAsync(url, cancellationToken))
            {
                if (batch.Contains(entry.AdamId, StringComparer.Ordinal))
                {
                    found[entry.AdamId] = entry;
                }
            }
        }
        catch (AppleException exception)
        {
            lock (gate)
            {
                pause = new Pause(exception, time.GetTimestamp(), exception.RetryAfter ?? PauseAfterFailure);
            }

            throw;
        }
    }

    private void ThrowIfPaused()
    {
        Pause? current;
        lock (gate)
        {
            current = pause;
        }

        if (
            current is not null
            && current.Length - time.GetElapsedTime(current.Since) is var left
            && left > TimeSpan.Zero
        )
        {
            throw new AppleException(
                AppleErrorKind.Paused,
                $"Metadata lookups are paused until {time.GetUtcNow() + left:u} after an error ({current.Cause.Kind}). "
                    + "The request was not sent."
            )
            {
                RetryAfter = left,
            };
        }
    }

    private async Task<Uri> FindUrlAsync(string[] batch, string? country, CancellationToken cancellationToken)
    {
        if (country is null || !Country().IsMatch(country))
        {
            throw new AppleException(
                AppleErrorKind.InvalidArgument,
                "Metadata was not looked up: the country code of the location must be two letters, such as US."
            );
        }

        var config = await apple.GetLimitsAsync(cancellationToken);
        var address =
            MetadataAddress.Find(config, apple.Options.BaseUrl)
            ?? throw new AppleException(
                AppleErrorKind.Protocol,
                "Metadata was not looked up: Service Config lists no contentMetadataLookup address that is https and on a known host."
            );
        var query = apple
            .Options.MetadataQuery.Replace("{ids}", string.Join(',', batch), StringComparison.Ordinal)
            .Replace("{country}", country.ToLowerInvariant(), StringComparison.Ordinal);
        return new UriBuilder(address) { Query = query }.Uri;
    }

    private async Task<IReadOnlyList<ContentMetadata>> SendAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", apple.Options.UserAgent);
        using var observed = apple.Telemetry.Begin(request, MetadataAddress.Path);
        try
        {
            return await SendAsync(request, observed, cancellationToken);
        }
        catch (Exception exception)
        {
            observed.Failed(exception);
            throw;
        }
    }

    private async Task<IReadOnlyList<ContentMetadata>> SendAsync(
        HttpRequestMessage request,
        RequestObservation observed,
        CancellationToken cancellationToken
    )
    {
        var url = request.RequestUri;
        using var timeout = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            observed.Responded(response);
            if (response.StatusCode != HttpStatusCode.OK || response.RequestMessage?.RequestUri != url)
            {
                throw Refusal(response);
            }

            await response.Content.LoadIntoBufferAsync(MaxResponseBytes, either.Token);
            return MetadataReader.Read(await response.Content.ReadAsByteArrayAsync(either.Token))
                ?? throw Fault(AppleErrorKind.Protocol, "the response has an unknown form", response);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AppleException(
                AppleErrorKind.Network,
                $"The metadata lookup failed: no complete response from Apple within {TimeLimit}.",
                exception
            );
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var reason = (exception as HttpRequestException)?.HttpRequestError.ToString() ?? "incomplete response";
            throw new AppleException(
                AppleErrorKind.Network,
                $"The metadata lookup failed: no response from Apple ({reason}).",
                exception
            );
        }
    }

    private AppleException Refusal(HttpResponseMessage response)
    {
        // A 401 says nothing about the content token, which was not sent.
        var kind = response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => AppleErrorKind.Throttled,
            >= HttpStatusCode.InternalServerError => AppleErrorKind.Unavailable,
            >= HttpStatusCode.BadRequest => AppleErrorKind.InvalidArgument,
            _ => AppleErrorKind.Protocol,
        };
        return Fault(kind, $"Apple returned {(int)response.StatusCode}", response);
    }

    private AppleException Fault(AppleErrorKind kind, string fault, HttpResponseMessage response) =>
        new(kind, $"The metadata lookup failed: {fault}.")
        {
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
        };

    [GeneratedRegex(@"\A[0-9]{1,20}\z", RegexOptions.NonBacktracking)]
    private static partial Regex AdamId();

    [GeneratedRegex(@"\A[A-Za-z]{2}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Country();
}
