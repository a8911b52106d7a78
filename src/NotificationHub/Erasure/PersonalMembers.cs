using System.Collections.Frozen;
using System.Text.Json;

namespace NotificationHub.Erasure;

/// <summary>Which members of Apple's objects and of the hub's records identify a person or device.</summary>
internal static class PersonalMembers
{
    /// <summary>They identify a user, and are searched for elsewhere as well.</summary>
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

    /// <summary>Their values are whole identifiers, so that one that only contains an identifier belongs to another person.</summary>
    private static readonly FrozenSet<string> Naming = Names([
        .. Identifying,
        "clientUserId",
        "clientUserIds",
        "serialNumber",
        "serialNumbers",
    ]);

    /// <summary>They identify no person, and events are found by them.</summary>
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

    public static bool IsNaming(string? member) => member is not null && Naming.Contains(member);

    public static bool IsImpersonal(string? member) => member is not null && Impersonal.Contains(member);

    public static bool Describes(JsonElement json, PersonalIdentifiers identifiers)
    {
        var identity = identifiers.IsUser ? "clientUserId" : "serialNumber";
        return json.EnumerateObject()
            .Any(member =>
                member.Name.Equals(identity, StringComparison.OrdinalIgnoreCase)
                && ReadText(member.Value) == identifiers.Subject
            );
    }

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

        var describes = Describes(json, identifiers);
        foreach (var member in json.EnumerateObject())
        {
            if (describes && Identifying.Contains(member.Name) && ReadText(member.Value) is { } text)
            {
                identifiers.Add(text);
            }

            Collect(member.Value, identifiers);
        }
    }

    public static string? ReadText(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Number => json.GetRawText(),
            _ => null,
        };

    private static FrozenSet<string> Names(params string[] names) =>
        names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
