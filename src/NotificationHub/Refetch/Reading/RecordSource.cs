using NotificationHub.Apple;

namespace NotificationHub.Refetch.Reading;

/// <summary>Apple's endpoints, with their pages as records.</summary>
internal sealed class RecordSource(AppleSession session, CancellationToken cancellationToken)
{
    public IAsyncEnumerable<RecordPage> Read(AssetQuery query) =>
        session
            .ReadAssetsAsync(query, cancellationToken)
            .Select(page => RecordPage.Of(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(AssignmentQuery query) =>
        session
            .ReadAssignmentsAsync(query, cancellationToken)
            .Select(page => RecordPage.Of(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(UserQuery query)
    {
        var walk = new UserRecordsRead();
        return session.ReadUsersAsync(query, cancellationToken).Select(walk.Take);
    }

    public IAsyncEnumerable<RecordPage> Read(SubscriptionQuery query) =>
        session
            .ReadSubscriptionsAsync(query, cancellationToken)
            .Select(page => RecordPage.Of(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(SubscriptionAssignmentQuery query) =>
        session
            .ReadSubscriptionAssignmentsAsync(query, cancellationToken)
            .Select(page => RecordPage.Of(page, [.. page.Items.Select(RecordMapping.Map)]));
}
