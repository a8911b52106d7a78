using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class AssetEndpoint
{
    private static readonly string[] Platforms = ["iOS", "macOS", "tvOS", "visionOS", "watchOS"];

    public static AppleEndpoint Get { get; } =
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
            Answer
        );

    private static JsonObject Answer(AppleRequest request)
    {
        var matches = Filter(request);
        var rows = request.Visible.Assets.Values.Where(row => matches(row.Value));
        var page = Page<SimulatedAsset>.Cut(request, VersionKind.Assets, rows, request.Visible.Version);
        var answer = page.AddTo(Envelope.Create(request), request.Context);
        var separateUnlimited = request.Flag("unlimited") is true;
        answer["assets"] = Describe(
            page.Rows.Where(asset => !(separateUnlimited && asset.IsUnlimited)),
            withCounts: true
        );
        if (separateUnlimited)
        {
            answer["unlimitedAssets"] = Describe(page.Rows.Where(asset => asset.IsUnlimited), withCounts: false);
        }

        return answer;
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
}

internal static class AssetWriteEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Post("/assets/associate", Associate),
        AppleEndpoint.Post("/assets/disassociate", Disassociate),
        AppleEndpoint.Post("/assets/revoke", Revoke),
    ];

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
        request.Body.Allow("clientUserIds", "serialNumbers");
        var targets = Targets(request.Body, AppleLimits.RevokeClientUserIds, AppleLimits.RevokeSerialNumbers);
        var now = request.Location.Records.Current;
        return Envelope.CreateForEvent(request, id => AssetEvents.Revoke(id, now, targets));
    }

    private static (IReadOnlyList<AssetKey>, IReadOnlyList<AssignmentTarget>) AssetsAndTargets(AppleRequest request)
    {
        request.Body.Allow("assets", "clientUserIds", "serialNumbers");
        if (request.Body.Objects("assets") is not { Count: > 0 } assets)
        {
            throw AppleException.ForViolation(AppleErrors.AssetsMissing, "assets are missing");
        }

        var keys = assets.Select(Key).ToList();
        RequestBody.CheckItems(keys, AppleLimits.Assets, AppleErrors.TooManyAssets, AppleErrors.DuplicateAssets);
        return (keys, Targets(request.Body, AppleLimits.ClientUserIds, AppleLimits.SerialNumbers));
    }

    private static AssetKey Key(RequestBody asset)
    {
        asset.Allow("adamId", "pricingParam");
        return new(
            asset.Text("adamId") ?? throw AppleException.ForViolation(AppleErrors.InvalidArgument, "adamId is missing"),
            asset.Text("pricingParam") ?? "STDQ"
        );
    }

    private static IReadOnlyList<AssignmentTarget> Targets(RequestBody body, int maxUsers, int maxDevices)
    {
        var users = body.Texts("clientUserIds") ?? [];
        var devices = body.Texts("serialNumbers") ?? [];
        if (users.Count + devices.Count == 0)
        {
            throw AppleException.ForViolation(
                AppleErrors.TargetsMissing,
                "the request names neither users nor devices"
            );
        }

        RequestBody.CheckItems(users, maxUsers, AppleErrors.TooManyClientUserIds, AppleErrors.DuplicateClientUserIds);
        RequestBody.CheckItems(
            devices,
            maxDevices,
            AppleErrors.TooManySerialNumbers,
            AppleErrors.DuplicateSerialNumbers
        );
        return [.. devices.Select(AssignmentTarget.Device), .. users.Select(AssignmentTarget.User)];
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
                TaskSubject.ErrorInfo([.. wrong.Select(key => new TaskSubject(key, null, null))])
            );
        }
    }
}
