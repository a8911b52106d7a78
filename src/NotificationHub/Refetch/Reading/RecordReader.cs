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
        var pages = GetPages(new RecordSource(session, cancellationToken), read, from);
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

    private static IAsyncEnumerable<RecordPage> GetPages(RecordSource source, RefetchRead read, PageMark? from) =>
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
