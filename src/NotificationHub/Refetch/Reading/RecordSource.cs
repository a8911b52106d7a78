using NotificationHub.Apple;

namespace NotificationHub.Refetch.Reading;

internal sealed class RecordSource(AppleSession session, CancellationToken cancellationToken)
{
    public IAsyncEnumerable<RecordPage> Read(AssetQuery query) =>
        session
            .ReadAssetsAsync(query, cancellationToken)
            .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(AssignmentQuery query) =>
        session
            .ReadAssignmentsAsync(query, cancellationToken)
            .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(UserQuery query)
    {
        var read = new UserRecordsRead();
        return session.ReadUsersAsync(query, cancellationToken).Select(read.ToRecords);
    }

    public IAsyncEnumerable<RecordPage> Read(SubscriptionQuery query) =>
        session
            .ReadSubscriptionsAsync(query, cancellationToken)
            .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

    public IAsyncEnumerable<RecordPage> Read(SubscriptionAssignmentQuery query) =>
        session
            .ReadSubscriptionAssignmentsAsync(query, cancellationToken)
            .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));
}
