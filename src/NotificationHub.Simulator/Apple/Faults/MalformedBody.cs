using System.Text;
using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>Turns a complete answer of Apple into one that is malformed.</summary>
internal static class MalformedBody
{
    private static readonly string[] Lists = ["assets", "assignments", "users", "subscriptions", "admins"];
    private static readonly string[] Identity = ["adamId", "serialNumber", "clientUserId"];

    /// <summary>Whether the malformation applies to the answer.</summary>
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

    /// <summary>The body to send; <c>{}</c> if the malformation does not apply to the answer.</summary>
    public static byte[] Create(JsonObject answer, Malformation malformation)
    {
        if (!IsPossible(answer, malformation))
        {
            return "{}"u8.ToArray();
        }

        var spoiled = answer.DeepClone().AsObject();
        return malformation switch
        {
            Malformation.Html => "<!DOCTYPE html>\n<html><body>Scheduled maintenance</body></html>"u8.ToArray(),
            Malformation.Truncated => Truncate(spoiled),
            _ => Encoding.UTF8.GetBytes(Spoil(spoiled, malformation).ToJsonString()),
        };
    }

    /// <summary>The answer as an empty page.</summary>
    /// <param name="isLast">It is the only page of the list.</param>
    public static JsonObject WithoutRecords(JsonObject answer, bool isLast)
    {
        var empty = answer.DeepClone().AsObject();
        empty[ListOf(empty)!] = new JsonArray();
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

    private static JsonObject Spoil(JsonObject answer, Malformation malformation)
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
                return SpoilCounts(answer, malformation);
        }
    }

    private static JsonObject SpoilCounts(JsonObject answer, Malformation malformation)
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

    /// <summary>Replaces the first row.</summary>
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
