using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>One page of a list that is paged by index.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Rows, int Index, int TotalPages, string VersionId)
{
    public static Page<T> Cut(AppleRequest request, VersionKind kind, IEnumerable<Versioned<T>> rows)
    {
        var faults = request.Context.Faults;
        var version = request.Visible.Version;
        var all = request.Select($"{kind}", rows.Select(row => row.Value));
        var pageSize = request.Context.Options.PageSize;
        var pages = Math.Max(1, (all.Count + pageSize - 1) / pageSize);
        var index = request.Integer("pageIndex") ?? 0;
        var emptyPage = faults.EmptyPage is { } empty && empty < pages ? empty : int.MaxValue;
        var totalPages = emptyPage < int.MaxValue ? pages + 1 : pages;
        if (index < 0 || index >= totalPages)
        {
            throw new AppleException(AppleErrors.PageIndexOutOfRange);
        }

        if (faults.MoveVersionWhilePaging && index > 0)
        {
            request.Location.Silently(_ => { });
            version = request.Location.Records.Current.Version;
        }

        var content = index > emptyPage ? index - 1 : index;
        return new Page<T>(
            index == emptyPage ? [] : [.. all.Skip(content * pageSize).Take(pageSize)],
            index,
            totalPages,
            Endpoints.VersionId.Encode(kind, version)
        );
    }

    public JsonObject AddTo(JsonObject response, SimulationContext context)
    {
        response["currentPageIndex"] = Index;
        if (Index + 1 < TotalPages)
        {
            response["nextPageIndex"] = Index + 1;
        }

        response["size"] = Rows.Count;
        response["totalPages"] =
            context.Faults.ShrinkTotalPages && Index == 0 && TotalPages > 1 ? TotalPages + 2 : TotalPages;
        response["versionId"] = VersionId;
        return response;
    }
}

/// <summary>Lists that are paged by cursor. A cursor encodes the list's name and a position.</summary>
internal static class CursorPage
{
    public static JsonObject Respond<T>(
        AppleRequest request,
        string name,
        IEnumerable<T> selected,
        Func<T, JsonObject> describe
    )
    {
        var rows = request.Select(name, selected);
        var cursor = request.Text("cursor");
        var start = cursor is null ? 0 : Decode(name, cursor, rows.Count);
        var size = request.Context.Options.PageSize;
        var response = Envelope.WithoutMdmInfo(request);
        response[name] = new JsonArray([.. rows.Skip(start).Take(size).Select(describe)]);
        response["versionId"] = VersionId.Encode(VersionKind.Subscriptions, request.Visible.Version);
        if (request.Context.Faults.RepeatCursor)
        {
            response["nextCursor"] = cursor ?? Encode(name, 0);
        }
        else if (start + size < rows.Count)
        {
            response["nextCursor"] = Encode(name, start + size);
        }

        return response;
    }

    private static string Encode(string name, int start) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}+{start}")));

    private static int Decode(string name, string cursor, int count)
    {
        var buffer = new byte[cursor.Length];
        if (
            Convert.TryFromBase64String(cursor, buffer, out var length)
            && Encoding.ASCII.GetString(buffer, 0, length).Split('+') is [var listed, var position]
            && listed == name
            && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            && start <= count
        )
        {
            return start;
        }

        throw new AppleException(AppleErrors.InvalidCursor);
    }
}

internal enum VersionKind
{
    Assets = 1,
    Assignments = 2,
    Users = 3,
    Subscriptions = 4,
}

/// <summary>The opaque <c>versionId</c>: a kind of record and a version of the location.</summary>
internal static class VersionId
{
    private const short Mark = 0x4150;

    public static string Encode(VersionKind kind, long version)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, version);
        return new Guid(
            (int)kind,
            Mark,
            Mark,
            number[0],
            number[1],
            number[2],
            number[3],
            number[4],
            number[5],
            number[6],
            number[7]
        ).ToString();
    }

    public static long Decode(VersionKind kind, string versionId, long current)
    {
        if (Guid.TryParseExact(versionId, "D", out var id))
        {
            var version = BinaryPrimitives.ReadInt64BigEndian(id.ToByteArray().AsSpan(8));
            if (version <= current && Encode(kind, version) == versionId)
            {
                return version;
            }
        }

        throw new AppleException(AppleErrors.InvalidVersion);
    }
}
