using System.Runtime.CompilerServices;
using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

internal static class RecordReader
{
    private const int UserNotFound = 9609;

    public static IAsyncEnumerable<RecordPage> ReadAsync(
        AppleSession session,
        RefetchRead read,
        CancellationToken cancellationToken
    ) => ReadAsync(session, read, from: null, cancellationToken);

    /// <param name="from">The page to continue at; null for the first page.</param>
    public static IAsyncEnumerable<RecordPage> ReadAsync(
        AppleSession session,
        RefetchRead read,
        PageMark? from,
        CancellationToken cancellationToken
    )
    {
        var pages = GetPages(session, read, from, cancellationToken);
        return read.IsOfOneUser ? WithoutUnknownUserAsync(pages, cancellationToken) : pages;
    }

    // If Apple does not know the user, there are no records.
    private static async IAsyncEnumerable<RecordPage> WithoutUnknownUserAsync(
        IAsyncEnumerable<RecordPage> pages,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var enumerator = pages.GetAsyncEnumerator(cancellationToken);
        if (!await IsKnownAsync(enumerator))
        {
            yield return RecordPage.Empty;
            yield break;
        }

        do
        {
            yield return enumerator.Current;
        } while (await enumerator.MoveNextAsync());
    }

    private static async Task<bool> IsKnownAsync(IAsyncEnumerator<RecordPage> enumerator)
    {
        try
        {
            return await enumerator.MoveNextAsync();
        }
        catch (AppleException exception) when (exception.ErrorNumber == UserNotFound)
        {
            return false;
        }
    }

    private static IAsyncEnumerable<RecordPage> GetPages(
        AppleSession session,
        RefetchRead read,
        PageMark? from,
        CancellationToken cancellationToken
    )
    {
        return read switch
        {
            UserRead one => ReadUsers(new UserQuery { ClientUserId = one.ClientUserId }),
            UsersRead users => ReadUsers(new UserQuery { SinceVersionId = users.SinceVersionId }),
            AssetRead one => ReadAssets(CreateQuery(one.Key)),
            AssignmentsRead some => ReadAssignments(CreateQuery(some.Asset, some.Holder)),
            HolderRead one => ReadAssignments(CreateQuery(asset: null, one.Holder)),
            SubscriptionRead one => ReadSubscriptions(new SubscriptionQuery { AdamId = one.AdamId }),
            SubscriptionAssignmentsRead some => ReadSeats(
                new SubscriptionAssignmentQuery { AdamId = some.AdamId, ClientUserId = some.ClientUserId }
            ),
            FullRead when read.Kind == RecordKind.Asset => ReadAssets(new AssetQuery()),
            FullRead when read.Kind == RecordKind.Assignment => ReadAssignments(new AssignmentQuery()),
            FullRead when read.Kind == RecordKind.Subscription => ReadSubscriptions(new SubscriptionQuery()),
            FullRead => ReadSeats(new SubscriptionAssignmentQuery()),
            _ => throw new InvalidDataException("The stored target names nothing that can be read."),
        };

        IAsyncEnumerable<RecordPage> ReadUsers(UserQuery query) =>
            session
                .ReadUsersAsync(query with { From = from }, cancellationToken)
                .Select(new UserRecordsRead().ToRecords);

        IAsyncEnumerable<RecordPage> ReadAssets(AssetQuery query) =>
            session
                .ReadAssetsAsync(query with { From = from }, cancellationToken)
                .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

        IAsyncEnumerable<RecordPage> ReadAssignments(AssignmentQuery query) =>
            session
                .ReadAssignmentsAsync(query with { From = from }, cancellationToken)
                .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

        IAsyncEnumerable<RecordPage> ReadSubscriptions(SubscriptionQuery query) =>
            session
                .ReadSubscriptionsAsync(query with { From = from }, cancellationToken)
                .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));

        IAsyncEnumerable<RecordPage> ReadSeats(SubscriptionAssignmentQuery query) =>
            session
                .ReadSubscriptionAssignmentsAsync(query with { From = from }, cancellationToken)
                .Select(page => RecordPage.From(page, [.. page.Items.Select(RecordMapping.Map)]));
    }

    private static AssetQuery CreateQuery(string asset)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(asset);
        return new AssetQuery { AdamId = adamId, PricingParam = pricingParam };
    }

    private static AssignmentQuery CreateQuery(string? asset, string? holder)
    {
        var (adamId, pricingParam) = asset is null ? (null, null) : RecordKeys.ParseAsset(asset);
        var (serialNumber, clientUserId) = holder is null ? (null, null) : RecordKeys.ParseHolder(holder);
        return new AssignmentQuery
        {
            AdamId = adamId,
            PricingParam = pricingParam,
            SerialNumber = serialNumber,
            ClientUserId = clientUserId,
        };
    }
}
