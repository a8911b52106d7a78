using System.Buffers;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>
/// One location's view of Apple: its content token and its share of the request rate. Every method throws <see cref="AppleException"/>
/// when Apple does not answer, or answers with an error; reads of records repeat passing faults a few times first.
/// </summary>
/// <param name="client">The client, shared by all locations.</param>
/// <param name="token">The location's content token.</param>
/// <param name="rate">The location's rate: all sessions of a location must share it, since Apple counts by location.</param>
/// <param name="uId">Apple's ID of the location; responses with another one are malformed. Null if unknown.</param>
public sealed class AppleSession(AppleClient client, ContentToken token, RequestRate rate, string? uId = null)
{
    // RFC 6750, section 2.1: what a bearer token may consist of.
    private static readonly SearchValues<char> SecretCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    /// <summary>How the location is configured. Apple: Client Config (GET).</summary>
    public Task<ClientConfig> GetClientConfigAsync(CancellationToken cancellationToken) =>
        client.ReadAsync(
            new AppleCall(Endpoint.ClientConfig) { Token = token },
            rate,
            AnswerJsonContext.Default.ClientConfig,
            cancellationToken
        );

    /// <summary>
    /// Configures the location; the answer may leave members out. Apple posts a test notification, signed with the new secret, to the
    /// new address <em>before</em> this returns: both must work already. Never repeated: after a network error, read the
    /// configuration back to learn whether it took effect. Apple: Client Config (POST).
    /// </summary>
    /// <exception cref="ArgumentException">The notification secret has characters that a header cannot carry.</exception>
    public Task<ClientConfig> SetClientConfigAsync(ClientConfigRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.NotificationAuthToken?.AsSpan().ContainsAnyExcept(SecretCharacters) == true)
        {
            throw new ArgumentException(
                "The notification secret may hold letters, digits and - . _ ~ + / = only.",
                nameof(request)
            );
        }

        return client.SendOnceAsync(
            new AppleCall(Endpoint.ClientConfig) { Token = token, Body = request },
            rate,
            AnswerJsonContext.Default.ClientConfig,
            cancellationToken
        );
    }

    /// <summary>
    /// How far an operation is; <see cref="AppleErrorKind.EventUnknown"/> where Apple does not know the id. Never repeated: Apple wants to
    /// be asked every 30 seconds at most. Apple: Event Status.
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
            AnswerJsonContext.Default.EventStatus,
            cancellationToken
        );

    /// <summary>Walks the assets, page by page. Apple: Get Assets.</summary>
    public IAsyncEnumerable<Page<Asset>> ReadAssetsAsync(AssetQuery query, CancellationToken cancellationToken) =>
        ByIndexAsync<Asset, AssetsAnswer>(
            Endpoint.Assets,
            query,
            query.ToQuery,
            AnswerJsonContext.Default.AssetsAnswer,
            cancellationToken
        );

    /// <summary>Walks the active assignments, page by page. Apple: Get Assignments.</summary>
    public IAsyncEnumerable<Page<Assignment>> ReadAssignmentsAsync(
        AssignmentQuery query,
        CancellationToken cancellationToken
    ) =>
        ByIndexAsync<Assignment, AssignmentsAnswer>(
            Endpoint.Assignments,
            query,
            query.ToQuery,
            AnswerJsonContext.Default.AssignmentsAnswer,
            cancellationToken
        );

    /// <summary>Walks the users, page by page; retired ones only as the query says. Apple: Get Users.</summary>
    public IAsyncEnumerable<Page<User>> ReadUsersAsync(UserQuery query, CancellationToken cancellationToken) =>
        ByIndexAsync<User, UsersAnswer>(
                Endpoint.Users,
                query,
                query.ToQuery,
                AnswerJsonContext.Default.UsersAnswer,
                cancellationToken
            )
            .Select(page => page with { Items = [.. page.Items.Where(query.Matches)] });

    /// <summary>Walks the subscriptions, page by page. Apple: Get Subscriptions.</summary>
    public IAsyncEnumerable<Page<Subscription>> ReadSubscriptionsAsync(
        SubscriptionQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<Subscription, SubscriptionsAnswer>(
            Endpoint.Subscriptions,
            query,
            query.ToQuery,
            AnswerJsonContext.Default.SubscriptionsAnswer,
            cancellationToken
        );

    /// <summary>Walks the seats in use, page by page. Apple: Get Subscription Assignments.</summary>
    public IAsyncEnumerable<Page<SubscriptionAssignment>> ReadSubscriptionAssignmentsAsync(
        SubscriptionAssignmentQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<SubscriptionAssignment, SubscriptionAssignmentsAnswer>(
            Endpoint.SubscriptionAssignments,
            query,
            query.ToQuery,
            AnswerJsonContext.Default.SubscriptionAssignmentsAnswer,
            cancellationToken
        );

    /// <summary>Walks the subscriptions' administrators, page by page. Apple: Get Subscription Admins.</summary>
    public IAsyncEnumerable<Page<SubscriptionAdmin>> ReadSubscriptionAdminsAsync(
        SubscriptionAdminQuery query,
        CancellationToken cancellationToken
    ) =>
        ByCursorAsync<SubscriptionAdmin, SubscriptionAdminsAnswer>(
            Endpoint.SubscriptionAdmins,
            query,
            query.ToQuery,
            AnswerJsonContext.Default.SubscriptionAdminsAnswer,
            cancellationToken
        );

    private IAsyncEnumerable<Page<T>> ByIndexAsync<T, TAnswer>(
        Endpoint endpoint,
        PageQuery pages,
        Func<QueryString> query,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellationToken
    )
        where T : class
        where TAnswer : PageAnswer<T> =>
        PagedRead.ByIndexAsync<T>(
            pages.From,
            // Index 0 is the default, and one of Apple's error texts says that an index must be greater than 0.
            async (index, token) =>
                await ReadPageAsync(
                    endpoint,
                    query().Add("pageIndex", index == 0 ? null : (long?)index),
                    index,
                    answerType,
                    token
                ),
            cancellationToken
        );

    private IAsyncEnumerable<Page<T>> ByCursorAsync<T, TAnswer>(
        Endpoint endpoint,
        PageQuery pages,
        Func<QueryString> query,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellationToken
    )
        where T : class
        where TAnswer : PageAnswer<T> =>
        PagedRead.ByCursorAsync<T>(
            $"GET {endpoint.Path}",
            pages.From,
            async (cursor, token) =>
                await ReadPageAsync(endpoint, query().Add("cursor", cursor), null, answerType, token),
            cancellationToken
        );

    private Task<TAnswer> ReadPageAsync<TAnswer>(
        Endpoint endpoint,
        QueryString query,
        int? pageIndex,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellationToken
    )
        where TAnswer : AppleAnswer =>
        client.ReadAsync(
            new AppleCall(endpoint)
            {
                Token = token,
                UId = uId,
                Query = query,
                PageIndex = pageIndex,
            },
            rate,
            answerType,
            cancellationToken
        );
}
