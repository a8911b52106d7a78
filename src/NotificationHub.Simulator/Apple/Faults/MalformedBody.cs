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
        [Malformation.Empty] = (Always, response => Become(response, [])),
        [Malformation.StatusOnly] = (Always, response => Become(response, new JsonObject { ["status"] = "ok" })),
        [Malformation.UIdOnly] = (
            Always,
            response => Become(response, new JsonObject { ["uId"] = response["uId"]?.DeepClone() })
        ),
        [Malformation.ErrorMessage] = (Always, response => Become(response, Error)),
        [Malformation.ErrorNumberZero] = (
            Always,
            response =>
            {
                Become(response, Error);
                response["errorNumber"] = 0;
            }
        ),
        [Malformation.ErrorMember] = (
            Always,
            response => response["error"] = new JsonObject { ["message"] = "Internal error" }
        ),
        [Malformation.ErrorsMember] = (Always, response => response["errors"] = new JsonArray("Internal error")),
        [Malformation.StatusError] = (Always, response => response["status"] = "error"),
        [Malformation.ErrorBesideList] = (
            HasList,
            response =>
            {
                response[ListOf(response)!] = new JsonArray();
                response.Remove("size");
                response["errorMessage"] = "Internal error";
            }
        ),
        [Malformation.NoList] = (HasList, response => response.Remove(ListOf(response)!)),
        [Malformation.NullList] = (HasList, response => response[ListOf(response)!] = null),
        [Malformation.ObjectForList] = (HasList, response => response[ListOf(response)!] = new JsonObject()),
        [Malformation.OtherList] = (
            HasList,
            response =>
            {
                var (name, rows) = (ListOf(response)!, RowsOf(response));
                response.Remove(name);
                response[Lists.First(other => other != name)] = rows;
            }
        ),
        [Malformation.RowWithoutIdentity] = (
            HasList,
            response =>
            {
                var row = RowsOf(response) is [{ } first, ..] ? first.DeepClone().AsObject() : [];
                Array.ForEach(Identity, name => row.Remove(name));
                ReplaceFirst(response, row);
            }
        ),
        [Malformation.NullRow] = (HasList, response => ReplaceFirst(response, null)),
        [Malformation.WrongSize] = (HasList, response => response["size"] = RowsOf(response).Count + 1),
        [Malformation.MissingRow] = (
            response => response["size"] is not null && RowsOf(response).Count > 0,
            response => RowsOf(response).RemoveAt(RowsOf(response).Count - 1)
        ),
        [Malformation.ForeignUId] = (HasListAndUId, response => response["uId"] = $"9{response["uId"]}"),
        [Malformation.NoUId] = (HasListAndUId, response => response.Remove("uId")),
        [Malformation.WrongPageIndex] = (
            HasPageIndex,
            response => response["currentPageIndex"] = PageIndex(response) + 1
        ),
        [Malformation.SkippedPage] = (
            HasPageIndex,
            response =>
            {
                response["nextPageIndex"] = PageIndex(response) + 2;
                response["totalPages"] = PageIndex(response) + 3;
            }
        ),
        [Malformation.EarlyEnd] = (
            HasPageIndex,
            response =>
            {
                response.Remove("nextPageIndex");
                response["totalPages"] = PageIndex(response) + 2;
            }
        ),
    };

    private static JsonObject Error => new() { ["errorMessage"] = "Internal error" };

    public static bool IsPossible(JsonObject response, Malformation malformation) =>
        malformation is Malformation.Html or Malformation.Truncated || Changes[malformation].Applies(response);

    /// <summary>The malformed body; <c>{}</c> if the malformation does not apply to the response.</summary>
    public static byte[] Create(JsonObject response, Malformation malformation)
    {
        if (!IsPossible(response, malformation))
        {
            return "{}"u8.ToArray();
        }

        switch (malformation)
        {
            case Malformation.Html:
                return "<!DOCTYPE html>\n<html><body>Scheduled maintenance</body></html>"u8.ToArray();
            case Malformation.Truncated:
                var json = Encoding.UTF8.GetBytes(response.ToJsonString());
                return json[..Math.Max(1, json.Length / 2)];
            default:
                var changed = response.DeepClone().AsObject();
                Changes[malformation].Change(changed);
                return Encoding.UTF8.GetBytes(changed.ToJsonString());
        }
    }

    /// <param name="isLast">Whether it becomes the only page of the list.</param>
    public static JsonObject WithoutRecords(JsonObject response, bool isLast)
    {
        var empty = response.DeepClone().AsObject();
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

    private static bool Always(JsonObject response) => true;

    private static bool HasList(JsonObject response) => ListOf(response) is not null;

    private static bool HasListAndUId(JsonObject response) => HasList(response) && response.ContainsKey("uId");

    private static bool HasPageIndex(JsonObject response) => response["currentPageIndex"] is not null;

    private static int PageIndex(JsonObject response) => response["currentPageIndex"]!.GetValue<int>();

    private static void Become(JsonObject response, JsonObject other)
    {
        response.Clear();
        foreach (var (name, value) in other)
        {
            response[name] = value?.DeepClone();
        }
    }

    private static void ReplaceFirst(JsonObject response, JsonObject? row)
    {
        var rows = RowsOf(response);
        if (rows.Count > 0)
        {
            rows.RemoveAt(0);
        }

        rows.Insert(0, row);
        if (response.ContainsKey("size"))
        {
            response["size"] = rows.Count;
        }
    }

    private static string? ListOf(JsonObject response) => Array.Find(Lists, name => response[name] is JsonArray);

    private static JsonArray RowsOf(JsonObject response) =>
        ListOf(response) is { } list ? response[list]!.AsArray() : [];
}
