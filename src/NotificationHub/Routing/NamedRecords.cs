using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

// Finds the records that a notification names, even if its type or structure is unknown. A read is always safe, and this may be the
// only notification of a change. Pure; never throws.
internal sealed class NamedRecords
{
    // More than Apple lists in one notification; the reconciliation covers the rest.
    private const int MaxTargets = 1_000;

    // Repeated names add nothing, but a body of 1 MiB can combine billions of them.
    private const int MaxAttempts = 10 * MaxTargets;

    private const int MaxPricingLength = 32;
    private const string SubscriptionName = "SUBSCRIPTION";

    private static readonly string[] Pricings = [RecordKeys.DefaultPricing, RecordKeys.PlusPricing];

    private readonly string type;
    private readonly HashSet<RefetchRequest> found = [];
    private int attempts;

    private NamedRecords(string type) => this.type = type;

    public static IReadOnlyList<RefetchRequest> Find(string? type, ReadOnlyMemory<byte> body)
    {
        using var document = NotificationBody.ParseTolerantly(body);
        return document is null ? [] : Find(type, document.RootElement);
    }

    public static IReadOnlyList<RefetchRequest> Find(string? type, JsonElement element)
    {
        var records = new NamedRecords(type ?? "");
        records.Visit(element, Names.None, isAssignment: false);
        return [.. records.found];
    }

    private bool IsFull => found.Count >= MaxTargets || attempts >= MaxAttempts;

    private void Visit(JsonElement element, Names outer, bool isAssignment)
    {
        if (IsFull)
        {
            return;
        }

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
        if (names.AdamIds.Count > 0)
        {
            AddAssets(names, isAssignment);
        }

        // Next to an asset or a subscription, a user is its holder. In all other types, or alone, the user itself is read.
        if (names.AdamIds.Count == 0 || !IsOfAssets)
        {
            names.Users.ForEach(user => Add(new RefetchRequest(RecordKind.User, user)));
        }
    }

    private void AddAssets(Names names, bool isAssignment)
    {
        if (names.IsSubscription || type.Contains(SubscriptionName, StringComparison.OrdinalIgnoreCase))
        {
            names.AdamIds.ForEach(adamId => AddSubscription(adamId, isAssignment || names.Users.Count > 0));
            return;
        }

        List<string> pricings = [.. GetPricings(names)];
        var holders = GetHolders(names, isAssignment);
        foreach (
            var key in names.AdamIds.SelectMany(adamId => pricings.Select(pricing => RecordKeys.Asset(adamId, pricing)))
        )
        {
            Add(new RefetchRequest(RecordKind.Asset, key));
            foreach (var holder in holders.TakeWhile(_ => !IsFull))
            {
                Add(new RefetchRequest(RecordKind.Assignment, key, holder));
            }

            if (IsFull)
            {
                return;
            }
        }
    }

    private bool IsOfAssets =>
        type.Contains("ASSET", StringComparison.OrdinalIgnoreCase)
        || type.Contains(SubscriptionName, StringComparison.OrdinalIgnoreCase);

    private void AddSubscription(string adamId, bool isAssignment)
    {
        Add(new RefetchRequest(RecordKind.Subscription, adamId));
        if (isAssignment)
        {
            Add(new RefetchRequest(RecordKind.SubscriptionAssignment, adamId));
        }
    }

    /// <returns>The named holders; null for all holders if an assignment names none.</returns>
    private static string?[] GetHolders(Names names, bool isAssignment)
    {
        string?[] named =
        [
            .. names.Serials.Select(serial => $"serial:{serial}"),
            .. names.Users.Select(user => $"user:{user}"),
        ];
        return named is [] && isAssignment ? [null] : named;
    }

    // Documented types default to the standard quality. Other types and unknown values can mean any quality.
    private IEnumerable<string> GetPricings(Names names) =>
        names.Pricings is [] && type is NotificationTypes.AssetCount or NotificationTypes.AssetManagement
            ? [RecordKeys.DefaultPricing]
        : names.Pricings is [_, ..]
        && names.Pricings.TrueForAll(pricing => Pricings.Contains(pricing, StringComparer.Ordinal))
            ? names.Pricings
        : Pricings.Union(names.Pricings.Where(IsPricing), StringComparer.Ordinal);

    private static bool IsPricing(string text) =>
        text.Length is > 0 and <= MaxPricingLength
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private void Add(RefetchRequest request)
    {
        if (!IsFull)
        {
            attempts++;
            found.Add(request);
        }
    }

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
                Add(names.AdamIds, JsonText.Ids(member, "adamId", "adamIds").Where(NotificationRules.IsDigits));
                Add(names.Pricings, JsonText.Ids(member, "pricingParam"));
                Add(
                    names.Serials,
                    JsonText.Ids(member, "serialNumber", "serialNumbers").Where(NotificationRules.IsKey)
                );
                Add(names.Users, JsonText.Ids(member, "clientUserId", "clientUserIds").Where(NotificationRules.IsKey));
                if (JsonText.IsNamed(member, "parentAdamId"))
                {
                    names = names with { IsSubscription = true };
                }
            }

            return names;
        }

        private static void Add(List<string> names, IEnumerable<string> more) =>
            names.AddRange(more.Take(MaxTargets - names.Count));

        // An object that names no asset is about the asset of its enclosing object.
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

    /// <summary>Reads texts of a document that may contain unpaired surrogate escapes.</summary>
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

        /// <summary>The IDs in the member, as a value or a list; none if the member has another name.</summary>
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
