using System.Runtime.CompilerServices;
using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Snapshots;

namespace NotificationHub.Refetch.Records;

/// <summary>Turns a planned read into Apple's endpoint and its pages into records.</summary>
internal static class RecordReader
{
    private const int UserNotFound = 9609;

    public static IAsyncEnumerable<RecordPage> ReadAsync(
        AppleSession session,
        RefetchRead read,
        CancellationToken cancellationToken
    )
    {
        var pages = PagesOf(session, read, cancellationToken);
        return read.IsOfOneUser ? WithoutUnknownUserAsync(pages, cancellationToken) : pages;
    }

    /// <summary>That Apple does not know the user is an answer: there is nothing of theirs.</summary>
    private static async IAsyncEnumerable<RecordPage> WithoutUnknownUserAsync(
        IAsyncEnumerable<RecordPage> pages,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var walk = pages.GetAsyncEnumerator(cancellationToken);
        if (!await IsKnownAsync(walk))
        {
            yield return RecordPage.Nothing;
            yield break;
        }

        do
        {
            yield return walk.Current;
        } while (await walk.MoveNextAsync());
    }

    private static async Task<bool> IsKnownAsync(IAsyncEnumerator<RecordPage> walk)
    {
        try
        {
            return await walk.MoveNextAsync();
        }
        catch (AppleException fault) when (fault.ErrorNumber == UserNotFound)
        {
            return false;
        }
    }

    private static IAsyncEnumerable<RecordPage> PagesOf(
        AppleSession session,
        RefetchRead read,
        CancellationToken cancellationToken
    ) =>
        read switch
        {
            AssetRead asset => session
                .ReadAssetsAsync(
                    new AssetQuery { AdamId = asset.AdamId, PricingParam = asset.PricingParam },
                    cancellationToken
                )
                .Select(page => RecordPage.Of(page, page.Items.Select(RecordMapping.Map))),
            AssignmentsRead assignments => session
                .ReadAssignmentsAsync(QueryOf(assignments), cancellationToken)
                .Select(page => RecordPage.Of(page, page.Items.Select(RecordMapping.Map))),
            UserRead user => ReadUsers(session, new UserQuery { ClientUserId = user.ClientUserId }, cancellationToken),
            UsersRead users => ReadUsers(
                session,
                new UserQuery { SinceVersionId = users.SinceVersionId },
                cancellationToken
            ),
            SubscriptionRead subscription => session
                .ReadSubscriptionsAsync(new SubscriptionQuery { AdamId = subscription.AdamId }, cancellationToken)
                .Select(page => RecordPage.Of(page, page.Items.Select(RecordMapping.Map))),
            SubscriptionAssignmentsRead seats => session
                .ReadSubscriptionAssignmentsAsync(
                    new SubscriptionAssignmentQuery { AdamId = seats.AdamId, ClientUserId = seats.ClientUserId },
                    cancellationToken
                )
                .Select(page => RecordPage.Of(page, page.Items.Select(RecordMapping.Map))),
            _ => throw new ArgumentException($"There is no endpoint for {read.GetType().Name}.", nameof(read)),
        };

    private static IAsyncEnumerable<RecordPage> ReadUsers(
        AppleSession session,
        UserQuery query,
        CancellationToken cancellationToken
    )
    {
        var walk = new UserWalk();
        return session.ReadUsersAsync(query, cancellationToken).Select(walk.Take);
    }

    private static AssignmentQuery QueryOf(AssignmentsRead read)
    {
        var (serialNumber, clientUserId) = read.Holder is null ? (null, null) : RecordKeys.ParseHolder(read.Holder);
        return new AssignmentQuery
        {
            AdamId = read.AdamId,
            PricingParam = read.PricingParam,
            SerialNumber = serialNumber,
            ClientUserId = clientUserId,
        };
    }
}
