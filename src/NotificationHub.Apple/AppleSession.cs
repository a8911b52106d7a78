using System.Buffers;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>
/// A session for one location, with its content token and its share of the request rate. Methods throw
/// <see cref="AppleException"/> if Apple does not respond or returns an error. Reads of records first retry transient errors.
/// </summary>
/// <param name="client">The client, shared by all locations.</param>
/// <param name="token">The location's content token.</param>
/// <param name="rate">The location's rate. All sessions of a location must share it, because Apple counts by location.</param>
/// <param name="uId">Apple's ID of the location. Responses with another ID are malformed. Null if unknown.</param>
public sealed class AppleSession(AppleClient client, ContentToken token, RequestRate rate, string? uId = null)
{
    // RFC 6750, section 2.1: the characters of a bearer token.
    private static readonly SearchValues<char> SecretCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    /// <summary>Reads the location's configuration. Apple: Client Config (GET).</summary>
    public Task<ClientConfig> GetClientConfigAsync(CancellationToken cancellationToken) =>
        client.ReadAsync(
            new AppleCall(Endpoint.ClientConfig) { Token = token },
            rate,
            ResponseJsonContext.Default.ClientConfig,
            cancellationToken
        );

    /// <summary>
    /// Configures the location; the response may omit members. <em>Before</em> this returns, Apple posts a test
    /// notification with the new secret to the new address, so both must already work. Never retried: after a network
    /// error, read the configuration to see whether it took effect. Apple: Client Config (POST).
    /// </summary>
    /// <exception cref="ArgumentException">The notification secret contains characters that a header cannot carry.</exception>
    public Task<ClientConfig> SetClientConfigAsync(ClientConfigRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.NotificationAuthToken?.AsSpan().ContainsAnyExcept(SecretCharacters) == true)
        {
            throw new ArgumentException(
                "The notification secret must consist of letters, digits and - . _ ~ + / =.",
                nameof(request)
            );
        }

        return client.SendOnceAsync(
            new AppleCall(Endpoint.ClientConfig) { Token = token, Body = request },
            rate,
            ResponseJsonContext.Default.ClientConfig,
            cancellationToken
        );
    }

    /// <summary>
    /// Reads the status of an operation; <see cref="AppleErrorKind.EventUnknown"/> if Apple does not know the ID. Never
    /// retried, because Apple asks clients to poll every 30 seconds at most. Apple: Event Status.
    /// </summary>
    public Task<EventStatus> GetEventStatusAsync(string eventId, CancellationToken cancellationToken) =>
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
        );

    /// <summary>Reads the assets, page by page. Apple: Get Assets.</summary>
    public IAsyncEnumerable<Page<Asset>> ReadAssetsAsync(AssetQuery query, CancellationToken cancellationToken) =>
        ByIndexAsync<Asset, AssetsResponse>(
            Endpoint.Assets,
            query,
            query.ToQuery,
            ResponseJsonContext.Default.AssetsResponse,
            cancellationToken
        );

    /// <summary>Reads the active assignments, page by page. Apple: Get Assignments.</summary>
    public IAsyncEnumerable<Page<Assignment>> ReadAssignmentsAsync(
        AssignmentQuery query,
        CancellationToken cancellationToken
    ) =>
        ByIndexAsync<Assignment, AssignmentsResponse>(
            Endpoint.Assignments,
            query,
            query.ToQuery,
            ResponseJsonContext.Default.AssignmentsResponse,
            cancellationToken
        );

    /// <summary>Reads the users, page by page; retired ones depend on the query. Apple: Get Users.</summary>
    public IAsyncEnumerable<Page<User>> ReadUsersAsync(UserQuery query, CancellationToken cancellationToken) =>
        ByIndexAsync<User, UsersResponse>(
                Endpoint.Users,
                query,
                query.ToQuery,
                ResponseJsonContext.Default.UsersResponse,
                cancellationToken
            )
            .Select(page => page with { Items = [.. page.Items.Where(query.Matches)] });

    /// <summary>Reads the subscriptions, page by page. Apple: Get Subscriptions.</summary>
    public IAsyncEnumerable<Page<Subscription>> ReadSubscriptionsAsync(
        SubscriptionQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<Subscription, SubscriptionsResponse>(
            Endpoint.Subscriptions,
            query,
            query.ToQuery,
            ResponseJsonContext.Default.SubscriptionsResponse,
            cancellationToken
        );

    /// <summary>Reads the assigned seats, page by page. Apple: Get Subscription Assignments.</summary>
    public IAsyncEnumerable<Page<SubscriptionAssignment>> ReadSubscriptionAssignmentsAsync(
        SubscriptionAssignmentQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<SubscriptionAssignment, SubscriptionAssignmentsResponse>(
            Endpoint.SubscriptionAssignments,
            query,
            query.ToQuery,
            ResponseJsonContext.Default.SubscriptionAssignmentsResponse,
            cancellationToken
        );

    /// <summary>Reads the subscriptions' administrators, page by page. Apple: Get Subscription Admins.</summary>
    public IAsyncEnumerable<Page<SubscriptionAdmin>> ReadSubscriptionAdminsAsync(
        SubscriptionAdminQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<SubscriptionAdmin, SubscriptionAdminsResponse>(
            Endpoint.SubscriptionAdmins,
            query,
            query.ToQuery,
            ResponseJsonContext.Default.SubscriptionAdminsResponse,
            cancellationToken
        );

    private IAsyncEnumerable<Page<T>> ByIndexAsync<T, TResponse>(
        Endpoint endpoint,
        PageQuery pages,
        Func<QueryString> query,
        JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken
    )
        where T : class
        where TResponse : PageResponse<T> =>
        PagedRead.ByIndexAsync<T>(
            pages.From,
            // Index 0 is the default, and one of Apple's error texts says that an index must be greater than 0.
            async (index, token) =>
                await ReadPageAsync(
                    endpoint,
                    query().Add("pageIndex", index == 0 ? null : (long?)index),
                    index,
                    responseType,
                    token
                ),
            cancellationToken
        );

    private IAsyncEnumerable<Page<T>> ByCursorAsync<T, TResponse>(
        Endpoint endpoint,
        PageQuery pages,
        Func<QueryString> query,
        JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken
    )
        where T : class
        where TResponse : PageResponse<T> =>
        PagedRead.ByCursorAsync<T>(
            $"GET {endpoint.Path}",
            pages.From,
            async (cursor, token) =>
                await ReadPageAsync(endpoint, query().Add("cursor", cursor), null, responseType, token),
            cancellationToken
        );

    private Task<TResponse> ReadPageAsync<TResponse>(
        Endpoint endpoint,
        QueryString query,
        int? pageIndex,
        JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken
    )
        where TResponse : AppleResponse =>
        client.ReadAsync(
            new AppleCall(endpoint)
            {
                Token = token,
                UId = uId,
                Query = query,
                PageIndex = pageIndex,
            },
            rate,
            responseType,
            cancellationToken
        );
}
