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

    public static bool IsPossible(JsonObject answer, Malformation malformation) =>
        malformation switch
        {
            Malformation.Empty
            or Malformation.StatusOnly
            or Malformation.UIdOnly
            or Malformation.ErrorMessage
            or Malformation.ErrorNumberZero
            or Malformation.ErrorMember
            or Malformation.ErrorsMember
            or Malformation.StatusError
            or Malformation.Html
            or Malformation.Truncated => true,
            Malformation.ForeignUId or Malformation.NoUId => ListOf(answer) is not null && answer.ContainsKey("uId"),
            Malformation.WrongPageIndex or Malformation.SkippedPage or Malformation.EarlyEnd => answer[
                "currentPageIndex"
            ]
                is not null,
            Malformation.MissingRow => answer["size"] is not null && RowsOf(answer).Count > 0,
            _ => ListOf(answer) is not null,
        };

    /// <summary>The malformed body; <c>{}</c> if the malformation does not apply to the response.</summary>
    public static byte[] Create(JsonObject answer, Malformation malformation)
    {
        if (!IsPossible(answer, malformation))
        {
            return "{}"u8.ToArray();
        }

        var distorted = answer.DeepClone().AsObject();
        return malformation switch
        {
            Malformation.Html => "<!DOCTYPE html>\n<html><body>Scheduled maintenance</body></html>"u8.ToArray(),
            Malformation.Truncated => Truncate(distorted),
            _ => Encoding.UTF8.GetBytes(Distort(distorted, malformation).ToJsonString()),
        };
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

    private static JsonObject Distort(JsonObject answer, Malformation malformation)
    {
        var list = ListOf(answer) ?? "";
        switch (malformation)
        {
            case Malformation.Empty:
                return [];
            case Malformation.StatusOnly:
                return new JsonObject { ["status"] = "ok" };
            case Malformation.UIdOnly:
                return new JsonObject { ["uId"] = answer["uId"]?.DeepClone() };
            case Malformation.ErrorMessage:
                return new JsonObject { ["errorMessage"] = "Internal error" };
            case Malformation.ErrorNumberZero:
                return new JsonObject { ["errorNumber"] = 0, ["errorMessage"] = "Internal error" };
            case Malformation.ErrorBesideList:
                answer[list] = new JsonArray();
                answer.Remove("size");
                answer["errorMessage"] = "Internal error";
                return answer;
            case Malformation.ErrorMember:
                answer["error"] = new JsonObject { ["message"] = "Internal error" };
                return answer;
            case Malformation.ErrorsMember:
                answer["errors"] = new JsonArray("Internal error");
                return answer;
            case Malformation.StatusError:
                answer["status"] = "error";
                return answer;
            case Malformation.NoList:
                answer.Remove(list);
                return answer;
            case Malformation.NullList:
                answer[list] = null;
                return answer;
            case Malformation.ObjectForList:
                answer[list] = new JsonObject();
                return answer;
            case Malformation.OtherList:
                var rows = answer[list];
                answer.Remove(list);
                answer[Lists.First(name => name != list)] = rows;
                return answer;
            case Malformation.ForeignUId:
                answer["uId"] = $"9{answer["uId"]}";
                return answer;
            case Malformation.NoUId:
                answer.Remove("uId");
                return answer;
            default:
                return DistortCounts(answer, malformation);
        }
    }

    private static JsonObject DistortCounts(JsonObject answer, Malformation malformation)
    {
        var rows = RowsOf(answer);
        var index = answer["currentPageIndex"]?.GetValue<int>() ?? 0;
        switch (malformation)
        {
            case Malformation.WrongSize:
                answer["size"] = rows.Count + 1;
                break;
            case Malformation.MissingRow:
                rows.RemoveAt(rows.Count - 1);
                break;
            case Malformation.RowWithoutIdentity:
                var row = rows.Count == 0 ? [] : rows[0]!.DeepClone().AsObject();
                Identity.ToList().ForEach(name => row.Remove(name));
                Replace(answer, rows, row);
                break;
            case Malformation.NullRow:
                Replace(answer, rows, null);
                break;
            case Malformation.WrongPageIndex:
                answer["currentPageIndex"] = index + 1;
                break;
            case Malformation.SkippedPage:
                answer["nextPageIndex"] = index + 2;
                answer["totalPages"] = index + 3;
                break;
            case Malformation.EarlyEnd:
                answer.Remove("nextPageIndex");
                answer["totalPages"] = index + 2;
                break;
        }

        return answer;
    }

    private static void Replace(JsonObject answer, JsonArray rows, JsonObject? row)
    {
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

    private static byte[] Truncate(JsonObject answer)
    {
        var json = Encoding.UTF8.GetBytes(answer.ToJsonString());
        return json[..Math.Max(1, json.Length / 2)];
    }

    private static string? ListOf(JsonObject answer) => Array.Find(Lists, name => answer[name] is JsonArray);

    private static JsonArray RowsOf(JsonObject answer) => ListOf(answer) is { } list ? answer[list]!.AsArray() : [];
}
