using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using NotificationHub.Apple;
using NotificationHub.Events;
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

internal sealed record RecordPage
{
    public required IReadOnlyList<SnapshotRecord> Records { get; init; }

    /// <summary>On the last page: the <c>clientUserId</c>s of users for whom only retired records were returned.</summary>
    // Such a user may have an active record, which an incremental read returns only if it has changed.
    public IReadOnlyList<string> RetiredOnly { get; init; } = [];

    public int Skipped { get; init; }

    public bool IsEmpty => Records.Count + Skipped == 0;

    public string? VersionId { get; init; }

    /// <summary>Whether records changed during the read, so that it may have missed some.</summary>
    public required bool VersionMoved { get; init; }

    public required bool IsLast { get; init; }

    public PageMark? Next { get; init; }

    public int? TotalPages { get; init; }

    public MdmInfo? MdmInfo { get; init; }

    public DateTimeOffset? TokenExpirationDate { get; init; }

    public static RecordPage Empty { get; } =
        new()
        {
            Records = [],
            VersionMoved = false,
            IsLast = true,
        };

    public static RecordPage From<T>(Page<T> page, IReadOnlyList<SnapshotRecord?> records) =>
        new()
        {
            Records = [.. records.OfType<SnapshotRecord>()],
            Skipped = records.Count(record => record is null),
            VersionId = page.VersionId,
            VersionMoved = page.VersionMoved,
            IsLast = page.IsLast,
            Next = page.Next,
            TotalPages = page.TotalPages,
            MdmInfo = page.MdmInfo,
            TokenExpirationDate = page.TokenExpirationDate,
        };
}

/// <summary>Converts pages of users. A user has at most one active record, and any number of retired records with the same ID.</summary>
// The active record is stored under the ID, and each retired record under a hash of its content. Retiring a user removes
// the former and adds one of the latter.
internal sealed class UserRecordsRead
{
    private const int HashBytes = 8;

    private readonly HashSet<string> active = new(StringComparer.Ordinal);
    private readonly HashSet<string> retired = new(StringComparer.Ordinal);

    public RecordPage ToRecords(Page<User> page)
    {
        List<SnapshotRecord?> records =
        [
            .. page.Items.Select(user => user.ClientUserId is { } id ? Map(user, id) : null),
        ];
        return RecordPage.From(page, records) with { RetiredOnly = page.IsLast ? [.. retired.Except(active)] : [] };
    }

    private SnapshotRecord? Map(User user, string id)
    {
        var isRetired = user.Status is "Retired" or "Deleted";
        (isRetired ? retired : active).Add(id);
        if (!RecordKeys.IsUsable(RecordKeys.RetiredUser(id, new string('0', HashBytes * 2))))
        {
            return null;
        }

        var record = RecordMapping.Create(
            RecordKeys.User(id),
            adamId: null,
            new UserRecord
            {
                ClientUserId = id,
                Email = user.Email,
                IdHash = user.IdHash,
                Status = user.Status ?? "Registered",
            },
            EventJsonContext.Wire.UserRecord
        );
        return isRetired ? record! with { Key = RecordKeys.RetiredUser(id, ComputeHash(record.Data)) } : record;
    }

    private static string ComputeHash(string data) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)).AsSpan(0, HashBytes));
}
