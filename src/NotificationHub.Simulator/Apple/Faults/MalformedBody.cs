using System.Text;
using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>A way in which a response with status 200 is incomplete or invalid.</summary>
internal enum Malformation
{
    Empty,

    // {"status":"ok"}
    StatusOnly,

    UIdOnly,

    NoList,

    NullList,

    ObjectForList,

    // The list has the name of another endpoint's list.
    OtherList,

    // An errorMessage and nothing else.
    ErrorMessage,

    // An errorMessage with number 0 and nothing else.
    ErrorNumberZero,

    // An errorMessage beside an empty list.
    ErrorBesideList,

    // An object "error" beside the records.
    ErrorMember,

    // A list "errors" beside the records.
    ErrorsMember,

    // "status":"error" beside the records.
    StatusError,

    Html,

    // The first half of the response.
    Truncated,

    // A size that is not the number of records.
    WrongSize,

    // Fewer records than size says.
    MissingRow,

    RowWithoutIdentity,

    NullRow,

    ForeignUId,

    NoUId,

    // Another page than the requested one.
    WrongPageIndex,

    // A nextPageIndex that skips or repeats pages.
    SkippedPage,

    // No next page, although totalPages requires one.
    EarlyEnd,
}

internal static class MalformedBody
{
    private static readonly string[] Lists = ["assets", "assignments", "users", "subscriptions", "admins"];
    private static readonly string[] Identity = ["adamId", "serialNumber", "clientUserId"];

    // Each change of the JSON document, and the responses that have what it changes.
    private static readonly Dictionary<
        Malformation,
        (Predicate<JsonObject> Applies, Action<JsonObject> Change)
    > Changes = new()
    {
        [Malformation.Empty] = (Always, answer => Become(answer, [])),
        [Malformation.StatusOnly] = (Always, answer => Become(answer, new JsonObject { ["status"] = "ok" })),
        [Malformation.UIdOnly] = (
            Always,
            answer => Become(answer, new JsonObject { ["uId"] = answer["uId"]?.DeepClone() })
        ),
        [Malformation.ErrorMessage] = (Always, answer => Become(answer, Error)),
        [Malformation.ErrorNumberZero] = (
            Always,
            answer =>
            {
                Become(answer, Error);
                answer["errorNumber"] = 0;
            }
        ),
        [Malformation.ErrorMember] = (
            Always,
            answer => answer["error"] = new JsonObject { ["message"] = "Internal error" }
        ),
        [Malformation.ErrorsMember] = (Always, answer => answer["errors"] = new JsonArray("Internal error")),
        [Malformation.StatusError] = (Always, answer => answer["status"] = "error"),
        [Malformation.ErrorBesideList] = (
            HasList,
            answer =>
            {
                answer[ListOf(answer)!] = new JsonArray();
                answer.Remove("size");
                answer["errorMessage"] = "Internal error";
            }
        ),
        [Malformation.NoList] = (HasList, answer => answer.Remove(ListOf(answer)!)),
        [Malformation.NullList] = (HasList, answer => answer[ListOf(answer)!] = null),
        [Malformation.ObjectForList] = (HasList, answer => answer[ListOf(answer)!] = new JsonObject()),
        [Malformation.OtherList] = (
            HasList,
            answer =>
            {
                var (name, rows) = (ListOf(answer)!, RowsOf(answer));
                answer.Remove(name);
                answer[Lists.First(other => other != name)] = rows;
            }
        ),
        [Malformation.RowWithoutIdentity] = (
            HasList,
            answer =>
            {
                var row = RowsOf(answer) is [{ } first, ..] ? first.DeepClone().AsObject() : [];
                Array.ForEach(Identity, name => row.Remove(name));
                ReplaceFirst(answer, row);
            }
        ),
        [Malformation.NullRow] = (HasList, answer => ReplaceFirst(answer, null)),
        [Malformation.WrongSize] = (HasList, answer => answer["size"] = RowsOf(answer).Count + 1),
        [Malformation.MissingRow] = (
            answer => answer["size"] is not null && RowsOf(answer).Count > 0,
            answer => RowsOf(answer).RemoveAt(RowsOf(answer).Count - 1)
        ),
        [Malformation.ForeignUId] = (HasListAndUId, answer => answer["uId"] = $"9{answer["uId"]}"),
        [Malformation.NoUId] = (HasListAndUId, answer => answer.Remove("uId")),
        [Malformation.WrongPageIndex] = (HasPageIndex, answer => answer["currentPageIndex"] = PageIndex(answer) + 1),
        [Malformation.SkippedPage] = (
            HasPageIndex,
            answer =>
            {
                answer["nextPageIndex"] = PageIndex(answer) + 2;
                answer["totalPages"] = PageIndex(answer) + 3;
            }
        ),
        [Malformation.EarlyEnd] = (
            HasPageIndex,
            answer =>
            {
                answer.Remove("nextPageIndex");
                answer["totalPages"] = PageIndex(answer) + 2;
            }
        ),
    };

    private static JsonObject Error => new() { ["errorMessage"] = "Internal error" };

    public static bool IsPossible(JsonObject answer, Malformation malformation) =>
        malformation is Malformation.Html or Malformation.Truncated || Changes[malformation].Applies(answer);

    /// <summary>The malformed body; <c>{}</c> if the malformation does not apply to the response.</summary>
    public static byte[] Create(JsonObject answer, Malformation malformation)
    {
        if (!IsPossible(answer, malformation))
        {
            return "{}"u8.ToArray();
        }

        switch (malformation)
        {
            case Malformation.Html:
                return "<!DOCTYPE html>\n<html><body>Scheduled maintenance</body></html>"u8.ToArray();
            case Malformation.Truncated:
                var json = Encoding.UTF8.GetBytes(answer.ToJsonString());
                return json[..Math.Max(1, json.Length / 2)];
            default:
                var changed = answer.DeepClone().AsObject();
                Changes[malformation].Change(changed);
                return Encoding.UTF8.GetBytes(changed.ToJsonString());
        }
    }

    /// <param name="isLast">Whether it becomes the only page of the list.</param>
    public static JsonObject WithoutRecords(JsonObject answer, bool isLast)
    {
        var empty = answer.DeepClone().AsObject();
        if (ListOf(empty) is { } list)
        {
            empty[list] = new JsonArray();
        }

        if (empty.ContainsKey("size"))
        {
            empty["size"] = 0;
        }

        if (isLast)
        {
            empty.Remove("nextPageIndex");
            empty.Remove("nextCursor");
            if (empty.ContainsKey("totalPages"))
            {
                empty["totalPages"] = 1;
            }
        }

        return empty;
    }

    private static bool Always(JsonObject answer) => true;

    private static bool HasList(JsonObject answer) => ListOf(answer) is not null;

    private static bool HasListAndUId(JsonObject answer) => HasList(answer) && answer.ContainsKey("uId");

    private static bool HasPageIndex(JsonObject answer) => answer["currentPageIndex"] is not null;

    private static int PageIndex(JsonObject answer) => answer["currentPageIndex"]!.GetValue<int>();

    private static void Become(JsonObject answer, JsonObject other)
    {
        answer.Clear();
        foreach (var (name, value) in other)
        {
            answer[name] = value?.DeepClone();
        }
    }

    private static void ReplaceFirst(JsonObject answer, JsonObject? row)
    {
        var rows = RowsOf(answer);
        if (rows.Count > 0)
        {
            rows.RemoveAt(0);
        }

        rows.Insert(0, row);
        if (answer.ContainsKey("size"))
        {
            answer["size"] = rows.Count;
        }
    }

    private static string? ListOf(JsonObject answer) => Array.Find(Lists, name => answer[name] is JsonArray);

    private static JsonArray RowsOf(JsonObject answer) => ListOf(answer) is { } list ? answer[list]!.AsArray() : [];
}
