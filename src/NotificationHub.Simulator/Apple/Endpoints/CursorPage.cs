using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Pages by cursor: the cursor names the place in the list, the list it belongs to, and nothing else.</summary>
internal static class CursorPage
{
    public static JsonObject Answer<T>(
        AppleRequest request,
        string name,
        IReadOnlyList<T> rows,
        Func<T, JsonObject> describe
    )
    {
        var cursor = request.Text("cursor");
        var start = cursor is null ? 0 : Decode(name, cursor, rows.Count);
        var size = request.Context.Options.PageSize;
        var answer = Envelope.WithoutMdmInfo(request);
        answer[name] = new JsonArray([.. rows.Skip(start).Take(size).Select(describe)]);
        answer["versionId"] = VersionId.Encode(VersionKind.Subscriptions, request.Visible.Version);
        if (request.Context.Faults.RepeatCursor)
        {
            answer["nextCursor"] = cursor ?? Encode(name, 0);
        }
        else if (start + size < rows.Count)
        {
            answer["nextCursor"] = Encode(name, start + size);
        }

        return answer;
    }

    private static string Encode(string name, int start) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}+{start}")));

    private static int Decode(string name, string cursor, int count)
    {
        var buffer = new byte[cursor.Length];
        if (
            Convert.TryFromBase64String(cursor, buffer, out var length)
            && Encoding.ASCII.GetString(buffer, 0, length).Split('+') is [var listed, var place]
            && listed == name
            && int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            && start <= count
        )
        {
            return start;
        }

        throw new AppleException(AppleErrors.InvalidCursor);
    }
}
