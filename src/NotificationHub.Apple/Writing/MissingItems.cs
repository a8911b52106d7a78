namespace NotificationHub.Apple;

/// <summary>Compares a write with Apple's records. Holders that lack the same items share a request.</summary>
internal sealed class MissingItems(AppleSession session, CancellationToken cancellationToken)
{
    // Reading one asset's assignments can take many pages, reading one holder's takes one.
    private const int HoldersPerAsset = 10;
    private const int UsersReadOneByOne = 100;
    private const int UserNotFound = 9609;

    public Task<IReadOnlyList<WriteRequest>> FindAsync(WriteRequest request) =>
        request switch
        {
            AssetsRequest assets => FindAsync(assets, isWanted: assets is AssociateAssetsRequest),
            RevokeAssetsRequest revocation => FindAsync(revocation),
            UsersRequest users => FindAsync(users),
            AddSubscriptionAdminsRequest or RemoveSubscriptionAdminsRequest => FindAsync(
                (SubscriptionsRequest)request,
                FindAdminsAsync
            ),
            SubscriptionsRequest subscriptions => FindAsync(subscriptions, FindSeatsAsync),
            _ => throw new ArgumentException($"A {request.GetType().Name} cannot be read back.", nameof(request)),
        };

    private async Task<IReadOnlyList<WriteRequest>> FindAsync(AssetsRequest request, bool isWanted)
    {
        var assets = RequestLists.Distinct(request.Assets);
        var users = request.ClientUserIds.Distinct(StringComparer.Ordinal).ToList();
        var devices = request.SerialNumbers.Distinct(RequestLists.SerialNumbers).ToList();
        var queries =
            users.Count + devices.Count <= HoldersPerAsset * assets.Count
                ? users
                    .Select(user => new AssignmentQuery { ClientUserId = user })
                    .Concat(devices.Select(device => new AssignmentQuery { SerialNumber = device }))
                : assets.Select(asset => new AssignmentQuery
                {
                    AdamId = asset.AdamId,
                    PricingParam = asset.PricingParam,
                });
        HashSet<WriteItem> existing = [];
        foreach (var query in queries)
        {
            await foreach (var one in Known(session.ListAssignmentsAsync(query)))
            {
                var item = ToItem(one);
                if (request.Contains(item))
                {
                    existing.Add(item.ToKey());
                }
            }
        }

        bool IsMissing(WriteItem holder, AssetKey asset) =>
            existing.Contains((holder with { AdamId = asset.AdamId, PricingParam = asset.PricingParam }).ToKey())
            != isWanted;

        return
        [
            .. Group(
                NamedHolders.Select(users, devices, info: null),
                holder => assets.Where(asset => IsMissing(holder, asset)).ToList(),
                (lacking, holders) =>
                    request with
                    {
                        Assets = lacking,
                        ClientUserIds = UsersOf(holders),
                        SerialNumbers = DevicesOf(holders),
                    }
            ),
        ];
    }

    private async Task<IReadOnlyList<WriteRequest>> FindAsync(RevokeAssetsRequest request)
    {
        HashSet<WriteItem> revocable = [];
        await foreach (
            var asset in session
                .ListAssetsAsync(new AssetQuery { Revocable = true })
                .WithCancellation(cancellationToken)
        )
        {
            revocable.Add(new WriteItem { AdamId = asset.AdamId, PricingParam = asset.PricingParam }.ToKey());
        }

        List<WriteItem> holders = [];
        foreach (
            var holder in NamedHolders.Select(
                [.. request.ClientUserIds.Distinct(StringComparer.Ordinal)],
                [.. request.SerialNumbers.Distinct(RequestLists.SerialNumbers)],
                info: null
            )
        )
        {
            var query = new AssignmentQuery { ClientUserId = holder.ClientUserId, SerialNumber = holder.SerialNumber };
            var held = Known(session.ListAssignmentsAsync(query))
                .Select(one => new WriteItem { AdamId = one.AdamId, PricingParam = one.PricingParam }.ToKey());
            if (await held.AnyAsync(revocable.Contains, cancellationToken))
            {
                holders.Add(holder);
            }
        }

        return holders.Count == 0
            ? []
            : [request with { ClientUserIds = UsersOf(holders), SerialNumbers = DevicesOf(holders) }];
    }

    private async Task<IReadOnlyList<WriteRequest>> FindAsync(UsersRequest request)
    {
        var reads =
            request.Users.Count <= UsersReadOneByOne
                ? request.Users.Select(user => new UserQuery { ClientUserId = user.ClientUserId, ActiveOnly = true })
                : [new UserQuery { ActiveOnly = true }];
        var active = new Dictionary<string, User>(StringComparer.Ordinal);
        foreach (var query in reads)
        {
            await foreach (var user in Known(session.ListUsersAsync(query)))
            {
                active[user.ClientUserId!] = user;
            }
        }

        bool IsMissing(RequestUser user)
        {
            var found = active.GetValueOrDefault(user.ClientUserId);
            return request switch
            {
                CreateUsersRequest => found is null,
                RetireUsersRequest => found is not null,
                // Email is absent in the record of a user who was created with a Managed Apple Account.
                _ => user.ManagedAppleId is not null || (user.Email is not null && user.Email != found?.Email),
            };
        }

        var missing = request.Users.Where(IsMissing).ToList();
        return missing.Count == 0 ? [] : [request with { Users = missing }];
    }

    private static async Task<IReadOnlyList<WriteRequest>> FindAsync(
        SubscriptionsRequest request,
        Func<SubscriptionsRequest, string, Task<HashSet<string>>> findDone
    )
    {
        var done = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var subscription in request.AdamIds.Distinct(StringComparer.Ordinal))
        {
            done[subscription] = await findDone(request, subscription);
        }

        return
        [
            .. Group(
                NamedHolders.Select([.. request.ClientUserIds.Distinct(StringComparer.Ordinal)], [], info: null),
                user => done.Where(one => !one.Value.Contains(user.ClientUserId!)).Select(one => one.Key).ToList(),
                (lacking, users) => request with { AdamIds = lacking, ClientUserIds = UsersOf(users) }
            ),
        ];
    }

    // Apple does not document how a deferred disassociation shows; an assignment that does not renew ends as requested.
    private async Task<HashSet<string>> FindSeatsAsync(SubscriptionsRequest request, string subscription)
    {
        var seats = await ReadUsersAsync(
            request,
            session.ListSubscriptionAssignmentsAsync(new SubscriptionAssignmentQuery { AdamId = subscription }),
            seat => seat.ClientUserId!,
            seat => seat.Renewing
        );
        return request switch
        {
            AssociateSubscriptionsRequest association =>
            [
                .. seats
                    .Where(seat => seat.Value is null || seat.Value == association.Renewing)
                    .Select(seat => seat.Key),
            ],
            DisassociateSubscriptionsRequest { Deferred: true } =>
            [
                .. request.ClientUserIds.Where(user => !seats.TryGetValue(user, out var renewing) || renewing == false),
            ],
            _ => [.. request.ClientUserIds.Where(user => !seats.ContainsKey(user))],
        };
    }

    private async Task<HashSet<string>> FindAdminsAsync(SubscriptionsRequest request, string subscription)
    {
        var admins = await ReadUsersAsync(
            request,
            session.ListSubscriptionAdminsAsync(new SubscriptionAdminQuery { AdamId = subscription }),
            admin => admin.ClientUserId!,
            _ => null
        );
        return request is AddSubscriptionAdminsRequest
            ? [.. admins.Keys]
            : [.. request.ClientUserIds.Where(user => !admins.ContainsKey(user))];
    }

    private async Task<Dictionary<string, bool?>> ReadUsersAsync<T>(
        SubscriptionsRequest request,
        RecordList<T> records,
        Func<T, string> toUser,
        Func<T, bool?> toRenewing
    )
        where T : class
    {
        var requested = new HashSet<string>(request.ClientUserIds, StringComparer.Ordinal);
        var found = new Dictionary<string, bool?>(StringComparer.Ordinal);
        await foreach (var record in records.WithCancellation(cancellationToken))
        {
            if (requested.Contains(toUser(record)))
            {
                found[toUser(record)] = toRenewing(record);
            }
        }

        return found;
    }

    // If Apple does not know the user, there are no records.
    private async IAsyncEnumerable<T> Known<T>(RecordList<T> records)
        where T : class
    {
        await using var enumerator = records.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await enumerator.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (AppleException exception) when (exception.ErrorNumber == UserNotFound)
            {
                yield break;
            }

            yield return enumerator.Current;
        }
    }

    private static IEnumerable<WriteRequest> Group<TItem>(
        IEnumerable<WriteItem> holders,
        Func<WriteItem, List<TItem>> findLacking,
        Func<List<TItem>, List<WriteItem>, WriteRequest> toRequest
    )
        where TItem : notnull =>
        holders
            .Select(holder => (Holder: holder, Lacking: findLacking(holder)))
            .Where(one => one.Lacking.Count > 0)
            .GroupBy(one => string.Join('\n', one.Lacking), StringComparer.Ordinal)
            .Select(group => toRequest(group.First().Lacking, [.. group.Select(one => one.Holder)]));

    private static WriteItem ToItem(Assignment one) =>
        new()
        {
            AdamId = one.AdamId,
            PricingParam = one.PricingParam,
            ClientUserId = one.ClientUserId,
            SerialNumber = one.SerialNumber,
        };

    private static IReadOnlyList<string> UsersOf(IEnumerable<WriteItem> holders) =>
        [.. holders.Select(holder => holder.ClientUserId).OfType<string>()];

    private static IReadOnlyList<string> DevicesOf(IEnumerable<WriteItem> holders) =>
        [.. holders.Select(holder => holder.SerialNumber).OfType<string>()];
}
