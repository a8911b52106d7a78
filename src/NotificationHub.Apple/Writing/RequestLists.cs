using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>The lists of a request: without duplicates, cut to Apple's limits, and written only if they are not empty.</summary>
internal static class RequestLists
{
    public static readonly StringComparer SerialNumbers = StringComparer.OrdinalIgnoreCase;

    public static IReadOnlyList<AssetKey> Distinct(IEnumerable<AssetKey> assets) =>
        [.. assets.DistinctBy(asset => (asset.AdamId, asset.PricingParam ?? AssetKey.DefaultPricing))];

    /// <summary>Cuts a list into pieces. An empty list is one empty piece.</summary>
    public static IReadOnlyList<IReadOnlyList<T>> Cut<T>(IReadOnlyList<T> items, int limit) =>
        items.Count <= limit ? [items] : [.. items.Chunk(limit)];

    /// <summary>Cuts users and devices. A piece contains as many of both as the limits permit.</summary>
    public static IEnumerable<(IReadOnlyList<string> Users, IReadOnlyList<string> Devices)> CutHolders(
        IEnumerable<string> users,
        int userLimit,
        IEnumerable<string> devices,
        int deviceLimit
    )
    {
        var userPieces = Cut([.. users.Distinct(StringComparer.Ordinal)], userLimit);
        var devicePieces = Cut([.. devices.Distinct(SerialNumbers)], deviceLimit);
        for (var i = 0; i < Math.Max(userPieces.Count, devicePieces.Count); i++)
        {
            yield return (userPieces.ElementAtOrDefault(i) ?? [], devicePieces.ElementAtOrDefault(i) ?? []);
        }
    }

    /// <returns>That there is no item, or that an item is empty; else null.</returns>
    public static string? FindError(IReadOnlyCollection<string?> items, string what) =>
        items.Count == 0 ? $"The request contains no {what}."
        : items.Any(string.IsNullOrWhiteSpace) ? $"The request contains an empty value in its {what}."
        : null;

    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> items)
    {
        if (items.Count > 0)
        {
            json.WriteStartArray(name);
            foreach (var item in items)
            {
                json.WriteStringValue(item);
            }

            json.WriteEndArray();
        }
    }

    public static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteNumberValue(long.Parse(item, null));
        }

        json.WriteEndArray();
    }
}
