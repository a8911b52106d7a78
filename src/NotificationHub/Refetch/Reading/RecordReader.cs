using System.Runtime.CompilerServices;
using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>Turns a planned read into Apple's endpoint and its pages into records.</summary>
internal static class RecordReader
{
    private const int UserNotFound = 9609;

    public static IAsyncEnumerable<RecordPage> ReadAsync(
        AppleSession session,
        RefetchRead read,
        CancellationToken cancellationToken
    ) => ReadAsync(session, read, from: null, cancellationToken);

    /// <param name="from">Where an earlier walk of the same read is to go on; null begins at the first page.</param>
    public static IAsyncEnumerable<RecordPage> ReadAsync(
        AppleSession session,
        RefetchRead read,
        PageMark? from,
        CancellationToken cancellationToken
    )
    {
        var pages = PagesOf(new RecordSource(session, cancellationToken), read, from);
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

    private static IAsyncEnumerable<RecordPage> PagesOf(RecordSource source, RefetchRead read, PageMark? from) =>
        read switch
        {
            UserRead one => source.Read(new UserQuery { ClientUserId = one.ClientUserId, From = from }),
            UsersRead users => source.Read(new UserQuery { SinceVersionId = users.SinceVersionId, From = from }),
            AssetRead one => source.Read(CreateQuery(one.Key) with { From = from }),
            AssignmentsRead some => source.Read(CreateQuery(some.Asset, some.Holder) with { From = from }),
            HolderRead one => source.Read(CreateQuery(asset: null, one.Holder) with { From = from }),
            SubscriptionRead one => source.Read(new SubscriptionQuery { AdamId = one.AdamId, From = from }),
            SubscriptionAssignmentsRead seats => source.Read(
                new SubscriptionAssignmentQuery
                {
                    AdamId = seats.AdamId,
                    ClientUserId = seats.ClientUserId,
                    From = from,
                }
            ),
            FullRead when read.Kind == RecordKind.Asset => source.Read(new AssetQuery { From = from }),
            FullRead when read.Kind == RecordKind.Assignment => source.Read(new AssignmentQuery { From = from }),
            FullRead when read.Kind == RecordKind.Subscription => source.Read(new SubscriptionQuery { From = from }),
            FullRead => source.Read(new SubscriptionAssignmentQuery { From = from }),
            _ => throw new InvalidDataException("The stored target names nothing that can be read."),
        };

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
