using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class AssetEndpoints
{
    private static readonly string[] Platforms = ["iOS", "macOS", "tvOS", "visionOS", "watchOS"];

    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Get(
            "/assets",
            [
                "pageIndex",
                "productType",
                "pricingParam",
                "revocable",
                "deviceAssignable",
                "minAvailableCount",
                "maxAvailableCount",
                "minAssignedCount",
                "maxAssignedCount",
                "adamId",
                "unlimited",
            ],
            Respond
        ),
        AppleEndpoint.Post("/assets/associate", ["assets", "clientUserIds", "serialNumbers"], Associate),
        AppleEndpoint.Post("/assets/disassociate", ["assets", "clientUserIds", "serialNumbers"], Disassociate),
        AppleEndpoint.Post("/assets/revoke", ["clientUserIds", "serialNumbers"], Revoke),
    ];

    private static JsonObject Respond(AppleRequest request)
    {
        var matches = Filter(request);
        var rows = request.Visible.Assets.Values.Where(row => matches(row.Value));
        var page = Page<SimulatedAsset>.Cut(request, VersionKind.Assets, rows);
        var response = page.AddTo(Envelope.Create(request), request.Context);
        var separateUnlimited = request.Flag("unlimited") is true;
        response["assets"] = Describe(
            page.Rows.Where(asset => !(separateUnlimited && asset.IsUnlimited)),
            withCounts: true
        );
        if (separateUnlimited)
        {
            response["unlimitedAssets"] = Describe(page.Rows.Where(asset => asset.IsUnlimited), withCounts: false);
        }

        return response;
    }

    private static Func<SimulatedAsset, bool> Filter(AppleRequest request)
    {
        var adamId = request.Text("adamId");
        var productType = request.OneOf("productType", "App", "Book");
        var pricingParam = request.OneOf("pricingParam", "STDQ", "PLUS");
        var revocable = request.Flag("revocable");
        var deviceAssignable = request.Flag("deviceAssignable");
        var excludeUnlimited = request.Flag("unlimited") is false;
        var available = Range(request, "AvailableCount");
        var assigned = Range(request, "AssignedCount");
        return asset =>
            (adamId is null || asset.AdamId == adamId)
            && (productType is null || asset.ProductType == productType)
            && (pricingParam is null || asset.PricingParam == pricingParam)
            && (revocable is null || asset.Revocable == revocable)
            && (deviceAssignable is null || asset.DeviceAssignable == deviceAssignable)
            && !(excludeUnlimited && asset.IsUnlimited)
            && available(asset.Available)
            && assigned(asset.Assigned);
    }

    private static Func<int, bool> Range(AppleRequest request, string name)
    {
        var least = request.Integer($"min{name}") ?? int.MinValue;
        var most = request.Integer($"max{name}") ?? int.MaxValue;
        return count => count >= least && count <= most;
    }

    private static JsonArray Describe(IEnumerable<SimulatedAsset> assets, bool withCounts) =>
        [.. assets.Select(asset => Describe(asset, withCounts))];

    private static JsonObject Describe(SimulatedAsset asset, bool withCounts)
    {
        var described = new JsonObject
        {
            ["adamId"] = asset.AdamId,
            ["pricingParam"] = asset.PricingParam,
            ["productType"] = asset.ProductType,
            ["deviceAssignable"] = asset.DeviceAssignable,
            ["revocable"] = asset.Revocable,
            ["assignedCount"] = asset.Assigned,
            ["supportedPlatforms"] = new JsonArray([.. Platforms.Select(platform => JsonValue.Create(platform))]),
        };
        if (withCounts)
        {
            described["availableCount"] = asset.Available;
            described["retiredCount"] = asset.Retired;
            described["totalCount"] = asset.Total;
        }

        return described;
    }

    private static JsonObject Associate(AppleRequest request)
    {
        var (keys, targets) = AssetsAndTargets(request);
        if (targets.Any(target => target.IsDevice))
        {
            RequireAll(request, keys, asset => asset.DeviceAssignable, AppleErrors.NotDeviceAssignable);
        }

        return Envelope.CreateForEvent(request, id => AssetEvents.Associate(id, keys, targets));
    }

    private static JsonObject Disassociate(AppleRequest request)
    {
        var (keys, targets) = AssetsAndTargets(request);
        RequireAll(request, keys, asset => asset.Revocable, AppleErrors.NotRevocable);
        return Envelope.CreateForEvent(request, id => AssetEvents.Disassociate(id, keys, targets));
    }

    private static JsonObject Revoke(AppleRequest request)
    {
        var targets = Targets(
            request,
            ListRule.ClientUserIds with
            {
                Limit = AppleLimits.RevokeClientUserIds,
            },
            ListRule.SerialNumbers with
            {
                Limit = AppleLimits.RevokeSerialNumbers,
            }
        );
        var now = request.Location.Records.Current;
        return Envelope.CreateForEvent(request, id => AssetEvents.Revoke(id, now, targets));
    }

    private static (IReadOnlyList<AssetKey>, IReadOnlyList<AssignmentTarget>) AssetsAndTargets(AppleRequest request)
    {
        if (request.Body.Objects("assets") is not { Count: > 0 } assets)
        {
            throw AppleException.ForViolation(AppleErrors.AssetsMissing, "assets are missing");
        }

        var keys = ListRule.Assets.Check(request, [.. assets.Select(Key)], key => key);
        return (keys, Targets(request, ListRule.ClientUserIds, ListRule.SerialNumbers));
    }

    private static AssetKey Key(RequestBody asset)
    {
        asset.Allow("adamId", "pricingParam");
        return
            asset.Text("adamId") is { Length: > 0 } adamId && (asset.Text("pricingParam") ?? "STDQ") is "STDQ" or "PLUS"
            ? new(adamId, asset.Text("pricingParam") ?? "STDQ")
            : throw AppleException.ForViolation(
                AppleErrors.InvalidArgument,
                "an asset has no adamId or another pricingParam than STDQ and PLUS"
            );
    }

    private static IReadOnlyList<AssignmentTarget> Targets(AppleRequest request, ListRule users, ListRule devices)
    {
        var userIds = request.Body.Texts(users.Member) ?? [];
        var serialNumbers = request.Body.Texts(devices.Member) ?? [];
        if (userIds.Count + serialNumbers.Count == 0)
        {
            throw AppleException.ForViolation(
                AppleErrors.TargetsMissing,
                "the request names neither users nor devices"
            );
        }

        return
        [
            .. devices.Check(request, serialNumbers, id => id).Select(AssignmentTarget.Device),
            .. users.Check(request, userIds, id => id).Select(AssignmentTarget.User),
        ];
    }

    private static void RequireAll(
        AppleRequest request,
        IReadOnlyList<AssetKey> keys,
        Func<SimulatedAsset, bool> matches,
        int errorNumber
    )
    {
        var owned = request.Location.Records.Current.Assets;
        var wrong = keys.Where(key => owned.TryGetValue(key, out var row) && !matches(row.Value)).ToList();
        if (wrong.Count > 0)
        {
            throw new AppleException(
                errorNumber,
                TaskSubject.ErrorInfo(errorNumber, [.. wrong.Select(key => new TaskSubject(key, null, null))])
            );
        }
    }
}

internal static class AssignmentEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Get(
            "/assignments",
            [
                "adamId",
                "clientUserId",
                "serialNumber",
                "pricingParam",
                "excludeInactiveUsers",
                "includeUserState",
                "sinceVersionId",
                "pageIndex",
            ],
            Respond
        ),
    ];

    private static JsonObject Respond(AppleRequest request)
    {
        var visible = request.Visible;
        var candidates = request.Text("adamId") is { } adamId
            ? visible.AssignmentsOf(adamId)
            : visible.Assignments.Values;
        var rows = candidates.Where(Filter(request));
        var page = Page<SimulatedAssignment>.Cut(request, VersionKind.Assignments, rows);
        var response = page.AddTo(Envelope.Create(request), request.Context);
        var withUserState = request.Flag("includeUserState") is true;
        response["assignments"] = new JsonArray([
            .. page.Rows.Select(assignment => Describe(assignment, withUserState ? visible : null)),
        ]);
        return response;
    }

    // sinceVersionId returns what was added after that version. Apple documents no trace of a removal.
    private static Func<Versioned<SimulatedAssignment>, bool> Filter(AppleRequest request)
    {
        var clientUserId = request.Text("clientUserId");
        var serialNumber = request.Text("serialNumber");
        var pricingParam = request.OneOf("pricingParam", "STDQ", "PLUS");
        var activeOnly = request.Flag("excludeInactiveUsers") is true;
        var since = request.Text("sinceVersionId") is { } versionId
            ? VersionId.Decode(VersionKind.Assignments, versionId, request.Location.Records.Current.Version)
            : 0;
        return row =>
            row.Version > since
            && (clientUserId is null || row.Value.ClientUserId == clientUserId)
            && (serialNumber is null || row.Value.SerialNumber == serialNumber)
            && (pricingParam is null || row.Value.PricingParam == pricingParam)
            && (!activeOnly || row.Value.ClientUserId is not { } user || request.Visible.NewestUser(user)!.IsActive);
    }

    private static JsonObject Describe(SimulatedAssignment assignment, LocationSnapshot? withUsersOf)
    {
        var described = new JsonObject { ["adamId"] = assignment.AdamId, ["pricingParam"] = assignment.PricingParam };
        if (assignment.SerialNumber is { } serialNumber)
        {
            described["serialNumber"] = serialNumber;
        }

        if (assignment.ClientUserId is { } clientUserId)
        {
            described["clientUserId"] = clientUserId;
            if (withUsersOf is not null && withUsersOf.NewestUser(clientUserId) is { } user)
            {
                described["userStatus"] = user.Status;
                described["idHash"] = user.IdHash;
            }
        }

        return described;
    }
}
