using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>One task of an asynchronous event, such as one asset for one device.</summary>
internal delegate TaskOutcome EventTask(RecordsChange change);

/// <param name="Element">The entry of the notification's array.</param>
/// <param name="Error">Apple's error number; null for success.</param>
/// <param name="Concerned">Whom an error is about.</param>
/// <param name="IsDeferred">Done only at the end of the billing period, and told only then.</param>
internal sealed record TaskOutcome(JsonObject Element, int? Error, TaskSubject Concerned, bool IsDeferred = false);

internal readonly record struct TaskSubject(AssetKey? Asset, string? ClientUserId, string? SerialNumber)
{
    /// <summary>Apple's <c>errorInfo</c>: every asset, user and device that a failure is about.</summary>
    public static JsonObject ErrorInfo(IReadOnlyList<TaskSubject> subjects)
    {
        var assets = subjects.Select(subject => subject.Asset).OfType<AssetKey>().Distinct();
        var info = new JsonObject();
        AddIfAny(
            info,
            "assets",
            assets.Select(asset => new JsonObject { ["adamId"] = asset.AdamId, ["pricingParam"] = asset.PricingParam })
        );
        AddIfAny(info, "clientUserIds", Names(subjects.Select(subject => subject.ClientUserId)));
        AddIfAny(info, "serialNumbers", Names(subjects.Select(subject => subject.SerialNumber)));
        return info;
    }

    private static IEnumerable<JsonValue> Names(IEnumerable<string?> names) =>
        names.OfType<string>().Distinct().Select(name => JsonValue.Create(name));

    private static void AddIfAny(JsonObject info, string name, IEnumerable<JsonNode> items)
    {
        JsonArray array = [.. items];
        if (array.Count > 0)
        {
            info[name] = array;
        }
    }
}
