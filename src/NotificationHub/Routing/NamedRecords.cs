using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>
/// Finds what a notification plainly names, however little of it fits or is known: a read is always safe, and this may be the only notification
/// of a change. Pure; there is no exception, whatever the bytes are.
/// </summary>
internal sealed class NamedRecords
{
    /// <summary>More than Apple lists; the rest is left to the reconciliation.</summary>
    private const int MaxTargets = 1_000;

    private const int MaxPricingLength = 32;
    private const string SubscriptionWord = "SUBSCRIPTION";

    private static readonly string[] Pricings = [AssetKeys.Standard, "PLUS"];

    private readonly string type;
    private readonly HashSet<TargetHint> found = [];

    private NamedRecords(string type) => this.type = type;

    /// <param name="type">Apple's <c>notificationType</c>, as far as it could be read.</param>
    /// <param name="body">The post as it was stored.</param>
    public static IReadOnlyList<TargetHint> Find(string? type, ReadOnlyMemory<byte> body)
    {
        using var document = NotificationBody.ParseTolerantly(body);
        return document is null ? [] : Find(type, document.RootElement);
    }

    public static IReadOnlyList<TargetHint> Find(string? type, JsonElement element)
    {
        var records = new NamedRecords(type ?? "");
        records.Visit(element, Names.None, isAssignment: false);
        return [.. records.found];
    }

    private void Visit(JsonElement element, Names outer, bool isAssignment)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in element.EnumerateArray())
            {
                Visit(one, outer, isAssignment);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            var names = Names.Read(element).Within(outer);
            Add(names, isAssignment);
            foreach (var member in element.EnumerateObject())
            {
                Visit(member.Value, names, JsonText.IsNamed(member, "assignments"));
            }
        }
    }

    private void Add(Names names, bool isAssignment)
    {
        foreach (var adamId in names.AdamIds)
        {
            if (names.IsSubscription || type.Contains(SubscriptionWord, StringComparison.OrdinalIgnoreCase))
            {
                AddSubscription(adamId, isAssignment || names.Users.Count > 0);
            }
            else
            {
                AddAsset(adamId, names, isAssignment);
            }
        }

        // With an asset or a subscription a user is the holder; in all other types, and alone, the user is meant.
        if (names.AdamIds.Count == 0 || !IsOfAssets)
        {
            names.Users.ForEach(user => Add(new TargetHint(RefetchResources.User, user)));
        }
    }

    private bool IsOfAssets =>
        type.Contains("ASSET", StringComparison.OrdinalIgnoreCase)
        || type.Contains(SubscriptionWord, StringComparison.OrdinalIgnoreCase);

    private void AddSubscription(string adamId, bool isAssignment)
    {
        Add(new TargetHint(RefetchResources.Subscription, adamId));
        if (isAssignment)
        {
            Add(new TargetHint(RefetchResources.SubscriptionAssignments, adamId));
        }
    }

    private void AddAsset(string adamId, Names names, bool isAssignment)
    {
        string?[] holders =
        [
            .. names.Serials.Select(serial => $"serial:{serial}"),
            .. names.Users.Select(user => $"user:{user}"),
        ];
        foreach (var key in PricingsOf(names).Select(pricing => AssetKeys.Of(adamId, pricing)))
        {
            Add(new TargetHint(RefetchResources.Asset, key));
            // An assignment whose holder cannot be read may be anyone's.
            foreach (var holder in holders is [] && isAssignment ? [null] : holders)
            {
                Add(new TargetHint(RefetchResources.Assignments, key, holder));
            }
        }
    }

    /// <summary>Left out it stands for the standard quality in the types that Apple publishes; elsewhere, and where it is unknown, any may be meant.</summary>
    private IEnumerable<string> PricingsOf(Names names) =>
        names.Pricings is [] && type is NotificationTypes.AssetCount or NotificationTypes.AssetManagement
            ? [AssetKeys.Standard]
        : names.Pricings is [_, ..]
        && names.Pricings.TrueForAll(word => Pricings.Contains(word, StringComparer.Ordinal))
            ? names.Pricings
        : Pricings.Union(names.Pricings.Where(IsWord), StringComparer.Ordinal);

    private static bool IsWord(string text) =>
        text.Length is > 0 and <= MaxPricingLength
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private void Add(TargetHint hint)
    {
        if (found.Count < MaxTargets)
        {
            found.Add(hint);
        }
    }

    /// <summary>What one object names itself, or an object around it.</summary>
    private sealed record Names(
        List<string> AdamIds,
        List<string> Pricings,
        List<string> Serials,
        List<string> Users,
        bool IsSubscription
    )
    {
        public static Names None { get; } = new([], [], [], [], IsSubscription: false);

        public static Names Read(JsonElement element)
        {
            Names names = new([], [], [], [], IsSubscription: false);
            foreach (var member in element.EnumerateObject())
            {
                names.AdamIds.AddRange(JsonText.Ids(member, "adamId", "adamIds").Where(NotificationRules.IsDigits));
                names.Pricings.AddRange(JsonText.Ids(member, "pricingParam"));
                names.Serials.AddRange(
                    JsonText.Ids(member, "serialNumber", "serialNumbers").Where(NotificationRules.IsKey)
                );
                names.Users.AddRange(
                    JsonText.Ids(member, "clientUserId", "clientUserIds").Where(NotificationRules.IsKey)
                );
                if (JsonText.IsNamed(member, "parentAdamId"))
                {
                    names = names with { IsSubscription = true };
                }
            }

            return names;
        }

        /// <summary>Who names no asset is about the one that is named further out.</summary>
        public Names Within(Names outer) =>
            AdamIds.Count > 0
                ? this
                : this with
                {
                    AdamIds = outer.AdamIds,
                    Pricings = Pricings.Count > 0 ? Pricings : outer.Pricings,
                    IsSubscription = IsSubscription || outer.IsSubscription,
                };
    }

    /// <summary>Texts of a document that may hold escapes of half a character.</summary>
    private static class JsonText
    {
        public static bool IsNamed(JsonProperty member, string name)
        {
            try
            {
                return member.NameEquals(name);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        /// <summary>The ids that the member holds, alone or in a list; none where it has another name.</summary>
        public static IEnumerable<string> Ids(JsonProperty member, params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (IsNamed(member, name))
                {
                    return member.Value.ValueKind == JsonValueKind.Array
                            ? member.Value.EnumerateArray().Select(Id).OfType<string>()
                        : Id(member.Value) is { } id ? [id]
                        : [];
                }
            }

            return [];
        }

        private static string? Id(JsonElement value)
        {
            try
            {
                return value.ValueKind switch
                {
                    JsonValueKind.String => value.GetString(),
                    JsonValueKind.Number when NotificationRules.IsDigits(value.GetRawText()) => value.GetRawText(),
                    _ => null,
                };
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }
}
