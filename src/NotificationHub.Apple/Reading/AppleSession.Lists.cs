using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

public sealed partial class AppleSession
{
    /// <summary>Lists the assets; null lists all of them. See <see cref="RecordList{T}"/>. Apple: Get Assets.</summary>
    public RecordList<Asset> ListAssetsAsync(AssetQuery? query = null) =>
        ByIndex<Asset, AssetsResponse>(
            Endpoint.Assets,
            query ??= new AssetQuery(),
            _ => query.ToQuery(),
            Asset.ToKey,
            _ => true,
            ResponseJsonContext.Default.AssetsResponse
        );

    /// <summary>Lists the active assignments; null lists all of them. An incremental read returns no removed ones. See <see cref="RecordList{T}"/>. Apple: Get Assignments.</summary>
    public RecordList<Assignment> ListAssignmentsAsync(AssignmentQuery? query = null) =>
        ByIndex<Assignment, AssignmentsResponse>(
            Endpoint.Assignments,
            query ??= new AssignmentQuery(),
            since => (query with { SinceVersionId = since ? query.SinceVersionId : null }).ToQuery(),
            Assignment.ToKey,
            _ => true,
            ResponseJsonContext.Default.AssignmentsResponse
        );

    /// <summary>Lists the users; null lists all of them. Retired ones depend on the query. See <see cref="RecordList{T}"/>. Apple: Get Users.</summary>
    public RecordList<User> ListUsersAsync(UserQuery? query = null) =>
        ByIndex<User, UsersResponse>(
            Endpoint.Users,
            query ??= new UserQuery(),
            since => (query with { SinceVersionId = since ? query.SinceVersionId : null }).ToQuery(),
            User.ToKey,
            query.Matches,
            ResponseJsonContext.Default.UsersResponse
        );

    /// <summary>Lists the subscriptions; null lists all of them. See <see cref="RecordList{T}"/>. Apple: Get Subscriptions.</summary>
    public RecordList<Subscription> ListSubscriptionsAsync(SubscriptionQuery? query = null) =>
        ByCursor<Subscription, SubscriptionsResponse>(
            Endpoint.Subscriptions,
            query ??= new SubscriptionQuery(),
            query.ToQuery,
            Subscription.ToKey,
            ResponseJsonContext.Default.SubscriptionsResponse
        );

    /// <summary>Lists the assigned seats of subscriptions; null lists all of them. See <see cref="RecordList{T}"/>. Apple: Get Subscription Assignments.</summary>
    public RecordList<SubscriptionAssignment> ListSubscriptionAssignmentsAsync(
        SubscriptionAssignmentQuery? query = null
    ) =>
        ByCursor<SubscriptionAssignment, SubscriptionAssignmentsResponse>(
            Endpoint.SubscriptionAssignments,
            query ??= new SubscriptionAssignmentQuery(),
            query.ToQuery,
            SubscriptionAssignment.ToKey,
            ResponseJsonContext.Default.SubscriptionAssignmentsResponse
        );

    /// <summary>Lists the administrators of subscriptions; null lists all of them. See <see cref="RecordList{T}"/>. Apple: Get Subscription Admins.</summary>
    public RecordList<SubscriptionAdmin> ListSubscriptionAdminsAsync(SubscriptionAdminQuery? query = null) =>
        ByCursor<SubscriptionAdmin, SubscriptionAdminsResponse>(
            Endpoint.SubscriptionAdmins,
            query ??= new SubscriptionAdminQuery(),
            query.ToQuery,
            SubscriptionAdmin.ToKey,
            ResponseJsonContext.Default.SubscriptionAdminsResponse
        );

    private RecordList<T> ByIndex<T, TResponse>(
        Endpoint endpoint,
        PageQuery pages,
        Func<bool, QueryString> toQuery,
        Func<T, object> toKey,
        Func<T, bool> matches,
        JsonTypeInfo<TResponse> responseType
    )
        where T : class
        where TResponse : PageResponse<T>
    {
        EnsureNoMark(pages);
        return new RecordList<T>(
            (list, cancellationToken) =>
                new IndexedList<T>(
                    list,
                    async (since, index, token) =>
                        await ReadListPageAsync(
                            NewRead(endpoint, toQuery(since).Add("pageIndex", index == 0 ? null : (long?)index), index),
                            responseType,
                            token
                        ),
                    toKey,
                    matches
                ).ReadAsync(cancellationToken)
        );
    }

    private RecordList<T> ByCursor<T, TResponse>(
        Endpoint endpoint,
        PageQuery pages,
        Func<QueryString> toQuery,
        Func<T, object> toKey,
        JsonTypeInfo<TResponse> responseType
    )
        where T : class
        where TResponse : PageResponse<T>
    {
        EnsureNoMark(pages);
        return new RecordList<T>(
            (list, cancellationToken) =>
                CursorList.ReadAsync(
                    list,
                    token =>
                        PagedRead.ByCursorAsync<T>(
                            $"GET {endpoint.Path}",
                            from: null,
                            async (cursor, stop) =>
                                await ReadListPageAsync(
                                    NewRead(endpoint, toQuery().Add("cursor", cursor), pageIndex: null),
                                    responseType,
                                    stop
                                ),
                            token
                        ),
                    toKey,
                    cancellationToken
                )
        );
    }

    private Task<TResponse> ReadListPageAsync<TResponse>(
        AppleCall call,
        JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken
    )
        where TResponse : AppleResponse => Observe(client.ReadListAsync(call, rate, responseType, cancellationToken));

    private static void EnsureNoMark(PageQuery query)
    {
        if (query.From is not null)
        {
            throw new ArgumentException("Only page-wise reads can continue at a mark.", nameof(query));
        }
    }
}
