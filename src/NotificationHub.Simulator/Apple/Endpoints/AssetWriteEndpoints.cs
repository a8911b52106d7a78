using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

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

        return WriteAnswer.Accepted(request, id => AssetEvents.Associate(id, keys, targets));
    }

    private static JsonObject Disassociate(AppleRequest request)
    {
        var (keys, targets) = AssetsAndTargets(request);
        RequireAll(request, keys, asset => asset.Revocable, AppleErrors.NotRevocable);
        return WriteAnswer.Accepted(request, id => AssetEvents.Disassociate(id, keys, targets));
    }

    private static JsonObject Revoke(AppleRequest request)
    {
        request.Body.Allow("clientUserIds", "serialNumbers");
        var targets = Targets(request.Body, AppleLimits.RevokeClientUserIds, AppleLimits.RevokeSerialNumbers);
        var now = request.Location.Records.Current;
        return WriteAnswer.Accepted(request, id => AssetEvents.Revoke(id, now, targets));
    }

    private static (IReadOnlyList<AssetKey>, IReadOnlyList<AssignmentTarget>) AssetsAndTargets(AppleRequest request)
    {
        request.Body.Allow("assets", "clientUserIds", "serialNumbers");
        if (request.Body.Objects("assets") is not { Count: > 0 } assets)
        {
            throw AppleException.ForViolation(AppleErrors.AssetsMissing, "assets are missing");
        }

        var keys = assets.Select(Key).ToList();
        WriteAnswer.Check(keys, AppleLimits.Assets, AppleErrors.TooManyAssets, AppleErrors.DuplicateAssets);
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
            throw AppleException.ForViolation(AppleErrors.TargetsMissing, "neither users nor devices are named");
        }

        WriteAnswer.Check(users, maxUsers, AppleErrors.TooManyClientUserIds, AppleErrors.DuplicateClientUserIds);
        WriteAnswer.Check(devices, maxDevices, AppleErrors.TooManySerialNumbers, AppleErrors.DuplicateSerialNumbers);
        return [.. devices.Select(AssignmentTarget.Device), .. users.Select(AssignmentTarget.User)];
    }

    private static void RequireAll(
        AppleRequest request,
        IReadOnlyList<AssetKey> keys,
        Func<SimulatedAsset, bool> fits,
        int errorNumber
    )
    {
        var owned = request.Location.Records.Current.Assets;
        var wrong = keys.Where(key => owned.TryGetValue(key, out var row) && !fits(row.Value)).ToList();
        if (wrong.Count > 0)
        {
            throw new AppleException(
                errorNumber,
                TaskSubject.ErrorInfo([.. wrong.Select(key => new TaskSubject(key, null, null))])
            );
        }
    }
}
