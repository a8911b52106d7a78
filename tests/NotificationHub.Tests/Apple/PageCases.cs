using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Apple;

/// <summary>One endpoint that returns pages of records.</summary>
internal sealed record PagedEndpoint(
    string List,
    bool IsByIndex,
    Func<AppleSession, PageMark?, Task<int>> ReadAsync,
    Func<int, JsonObject> RowOf
)
{
    public static readonly PagedEndpoint[] All =
    [
        new(
            "assets",
            true,
            (session, from) => CountAsync(session.ReadAssetsAsync(new AssetQuery { From = from }, default)),
            i => new JsonObject { ["adamId"] = $"{i}", ["pricingParam"] = i % 2 == 0 ? "STDQ" : "PLUS" }
        ),
        new(
            "assignments",
            true,
            (session, from) => CountAsync(session.ReadAssignmentsAsync(new AssignmentQuery { From = from }, default)),
            i => new JsonObject { ["adamId"] = i, [i % 2 == 0 ? "serialNumber" : "clientUserId"] = $"holder-{i}" }
        ),
        new(
            "users",
            true,
            (session, from) => CountAsync(session.ReadUsersAsync(new UserQuery { From = from }, default)),
            i => new JsonObject { ["clientUserId"] = $"user-{i}", ["status"] = i % 2 == 0 ? "Retired" : "Registered" }
        ),
        new(
            "subscriptions",
            false,
            (session, from) =>
                CountAsync(session.ReadSubscriptionsAsync(new SubscriptionQuery { From = from }, default)),
            i => new JsonObject { ["adamId"] = 1000 + i, ["parentAdamId"] = null }
        ),
        new(
            "assignments",
            false,
            (session, from) =>
                CountAsync(
                    session.ReadSubscriptionAssignmentsAsync(new SubscriptionAssignmentQuery { From = from }, default)
                ),
            i => new JsonObject { ["adamId"] = 1000, ["clientUserId"] = $"user-{i}" }
        ),
        new(
            "admins",
            false,
            (session, from) =>
                CountAsync(session.ReadSubscriptionAdminsAsync(new SubscriptionAdminQuery { From = from }, default)),
            i => new JsonObject { ["adamId"] = 1000, ["clientUserId"] = $"user-{i}" }
        ),
    ];

    private static async Task<int> CountAsync<T>(IAsyncEnumerable<Page<T>> pages) =>
        (await pages.FirstAsync()).Items.Count;
}

/// <summary>A page that Apple may send, and its requested index.</summary>
internal sealed record PageCase(PagedEndpoint Endpoint, int Index, JsonObject Json)
{
    public const string UId = "2049025000431439";

    private static readonly string[] Optional =
    [
        "tokenExpirationDate",
        "mdmInfo",
        "versionId",
        "size",
        "currentPageIndex",
        "totalPages",
    ];

    /// <summary>Every valid form of page.</summary>
    public static readonly Gen<PageCase> Legal =
        from endpoint in Gen.Elements(PagedEndpoint.All)
        from index in Gen.Choose(0, 3)
        from rows in Gen.Choose(0, 4)
        from hasNext in Gen.Elements(true, false)
        from totalPages in Gen.Choose(0, 5)
        from absent in Gen.SubListOf(Optional)
        from isNull in Gen.Elements(true, false)
        select new PageCase(endpoint, index, Write(endpoint, index, rows, hasNext, totalPages, absent, isNull));

    public static readonly Gen<(PageCase Page, Malformation Malformation)> Malformed =
        from page in Legal
        from malformation in Gen.Elements(Enum.GetValues<Malformation>())
            .Where(one => MalformedBody.IsPossible(page.Json, one))
        select (page, malformation);

    public PageMark? From =>
        Index == 0 ? null : new PageMark(Index.ToString(CultureInfo.InvariantCulture), FirstVersionId: null);

    public override string ToString() => $"{Endpoint.List} {Index}: {Json.ToJsonString()}";

    private static JsonObject Write(
        PagedEndpoint endpoint,
        int index,
        int rows,
        bool hasNext,
        int totalPages,
        IEnumerable<string> absent,
        bool isNull
    )
    {
        var page = new JsonObject
        {
            ["uId"] = UId,
            ["tokenExpirationDate"] = "2030-11-08T22:33:22+0000",
            ["mdmInfo"] = new JsonObject { ["id"] = "the-mdm" },
            ["versionId"] = "v1",
            ["unknown"] = new JsonArray(1, null),
            [endpoint.List] = new JsonArray([.. Enumerable.Range(0, rows).Select(endpoint.RowOf)]),
        };
        if (endpoint.IsByIndex)
        {
            page["size"] = rows;
            page["currentPageIndex"] = index;
            // totalPages may be out of date during a read.
            page["totalPages"] = hasNext ? totalPages : Math.Min(totalPages, index + 1);
        }

        if (hasNext)
        {
            page[endpoint.IsByIndex ? "nextPageIndex" : "nextCursor"] = endpoint.IsByIndex
                ? index + 1
                : $"c{index + 1}";
        }

        foreach (var name in absent.Where(page.ContainsKey))
        {
            page.Remove(name);
            if (isNull)
            {
                page[name] = null;
            }
        }

        return page;
    }
}
