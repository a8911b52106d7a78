using System.Collections.Frozen;
using System.Text.Json;

namespace NotificationHub.Erasure;

/// <summary>What the members of Apple's objects and of the hub's records say about a person.</summary>
internal static class PersonalMembers
{
    /// <summary>They say who a user is, and are looked for elsewhere, too.</summary>
    private static readonly FrozenSet<string> Identifying = Names(
        "email",
        "idHash",
        "itsIdHash",
        "inviteCode",
        "inviteUrl",
        "userId",
        "appleId",
        "managedAppleId"
    );

    /// <summary>Each names one person or device, or several one by one: another one's may have this one's within it.</summary>
    private static readonly FrozenSet<string> Naming = Names([
        .. Identifying,
        "clientUserId",
        "clientUserIds",
        "serialNumber",
        "serialNumbers",
    ]);

    /// <summary>They name nobody, and events are told apart and found by them.</summary>
    private static readonly FrozenSet<string> Impersonal = Names(
        "notificationId",
        "notificationType",
        "uId",
        "eventId",
        "adamId",
        "parentAdamId",
        "pricingParam",
        "type",
        "result",
        "status",
        "userStatus",
        "change",
        "cause",
        "renewing",
        "errorNumber"
    );

    public static bool AreNames(string? member) => member is not null && Naming.Contains(member);

    public static bool IsImpersonal(string? member) => member is not null && Impersonal.Contains(member);

    /// <summary>Whether the object is of that person or device.</summary>
    public static bool AreOf(JsonElement json, PersonalIdentifiers identifiers)
    {
        var identity = identifiers.IsUser ? "clientUserId" : "serialNumber";
        return json.EnumerateObject()
            .Any(member =>
                member.Name.Equals(identity, StringComparison.OrdinalIgnoreCase)
                && TextOf(member.Value) == identifiers.Subject
            );
    }

    /// <summary>Notes what else the person's objects say of who it is.</summary>
    public static void Collect(JsonElement json, PersonalIdentifiers identifiers)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in json.EnumerateArray())
            {
                Collect(item, identifiers);
            }
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var areOf = AreOf(json, identifiers);
        foreach (var member in json.EnumerateObject())
        {
            if (areOf && Identifying.Contains(member.Name) && TextOf(member.Value) is { } text)
            {
                identifiers.Add(text);
            }

            Collect(member.Value, identifiers);
        }
    }

    public static string? TextOf(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Number => json.GetRawText(),
            _ => null,
        };

    private static FrozenSet<string> Names(params string[] names) =>
        names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
