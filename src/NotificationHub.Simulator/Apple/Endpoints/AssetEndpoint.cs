using System.Text.Json.Nodes;
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
        var fits = Filter(request);
        var rows = request.Visible.Assets.Values.Where(row => fits(row.Value));
        var page = Page<SimulatedAsset>.Cut(request, VersionKind.Assets, rows, request.Visible.Version);
        var answer = page.AddTo(Envelope.Create(request), request.Context);
        var apart = request.Flag("unlimited") is true;
        answer["assets"] = Describe(page.Rows.Where(asset => !(apart && asset.IsUnlimited)), withCounts: true);
        if (apart)
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
