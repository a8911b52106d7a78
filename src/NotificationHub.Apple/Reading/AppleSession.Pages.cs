using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

// Page-wise reads are for callers who store each page and resume after a restart; lists are for all others.
public sealed partial class AppleSession
{
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
        Observe(client.ReadAsync(NewRead(endpoint, query, pageIndex), rate, responseType, cancellationToken));

    private AppleCall NewRead(Endpoint endpoint, QueryString query, int? pageIndex) =>
        new(endpoint)
        {
            Token = token,
            UId = uId,
            Query = query,
            PageIndex = pageIndex,
        };
}
