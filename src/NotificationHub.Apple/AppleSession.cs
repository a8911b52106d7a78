using System.Buffers;
using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>
/// A session for one location, with its content token and its share of the request rate. Methods throw
/// <see cref="AppleException"/> if Apple does not respond or returns an error. Reads of records first retry transient errors.
/// </summary>
/// <param name="client">The client, shared by all locations.</param>
/// <param name="token">The location's content token.</param>
/// <param name="rate">The location's rate. All sessions of a location must share it, because Apple counts by location.</param>
/// <param name="uId">Apple's ID of the location. Responses with another ID are malformed. Null if unknown.</param>
public sealed partial class AppleSession(AppleClient client, ContentToken token, RequestRate rate, string? uId = null)
{
    // RFC 6750, section 2.1: the characters of a bearer token.
    private static readonly SearchValues<char> SecretCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    private readonly Ownership ownership = new();

    /// <summary>
    /// The <c>mdmInfo.id</c> that Apple should return: normally the caller's own. Null if unknown; the first response that
    /// names an owner then sets it.
    /// </summary>
    public string? MdmId
    {
        get => ownership.Id;
        init => ownership.Id = value;
    }

    /// <summary>
    /// Called when a response names another owner than the one before it: another MDM server took the location over. It
    /// is called once per change, before the response is returned, and must not throw. Apple has no error for this.
    /// </summary>
    public Action<OwnerChange>? OwnerChanged { get; init; }

    /// <summary>Reads the location's configuration. Apple: Client Config (GET).</summary>
    public Task<ClientConfig> GetClientConfigAsync(CancellationToken cancellationToken) =>
        Observe(
            client.ReadAsync(
                new AppleCall(Endpoint.ClientConfig) { Token = token },
                rate,
                ResponseJsonContext.Default.ClientConfig,
                cancellationToken
            )
        );

    /// <summary>
    /// Configures the location; the response may omit members. <em>Before</em> this returns, Apple posts a test
    /// notification with the new secret to the new address, so both must already work. Never retried: after a network
    /// error, read the configuration to see whether it took effect. Apple: Client Config (POST).
    /// </summary>
    /// <exception cref="ArgumentException">The notification secret contains characters that a header cannot carry.</exception>
    public async Task<ClientConfig> SetClientConfigAsync(
        ClientConfigRequest request,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.NotificationAuthToken?.AsSpan().ContainsAnyExcept(SecretCharacters) == true)
        {
            throw new ArgumentException(
                "The notification secret must consist of letters, digits and - . _ ~ + / =.",
                nameof(request)
            );
        }

        var response = await client.SendOnceAsync(
            new AppleCall(Endpoint.ClientConfig)
            {
                Token = token,
                Method = HttpMethod.Post,
                Body = JsonSerializer.SerializeToUtf8Bytes(request, AppleJsonContext.Default.ClientConfigRequest),
                Secret = request.NotificationAuthToken,
            },
            rate,
            ResponseJsonContext.Default.ClientConfig,
            cancellationToken
        );
        ownership.Id = request.MdmInfo?.Id ?? ownership.Id;
        return await Observe(Task.FromResult(response));
    }

    /// <summary>
    /// Reads the status of an operation; <see cref="AppleErrorKind.EventUnknown"/> if Apple does not know the ID. Never
    /// retried, because Apple asks clients to poll every 30 seconds at most. Apple: Event Status.
    /// </summary>
    public Task<EventStatus> GetEventStatusAsync(string eventId, CancellationToken cancellationToken) =>
        Observe(
            client.SendOnceAsync(
                new AppleCall(Endpoint.EventStatus)
                {
                    Token = token,
                    UId = uId,
                    Query = new QueryString().Add("eventId", eventId),
                },
                rate,
                ResponseJsonContext.Default.EventStatus,
                cancellationToken
            )
        );

    internal AppleClient Client => client;

    private async Task<T> Observe<T>(Task<T> call)
        where T : AppleResponse
    {
        var response = await call;
        ownership.Observe(response.MdmInfo, OwnerChanged);
        return response;
    }
}
