using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>One page by index, with what it takes to go on.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Rows, int Index, int TotalPages, string VersionId)
{
    public static Page<T> Cut(AppleRequest request, VersionKind kind, IEnumerable<Versioned<T>> rows, long version)
    {
        var faults = request.Context.Faults;
        var all = rows.Select(row => row.Value).ToList();
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

    public JsonObject AddTo(JsonObject answer, SimulationContext context)
    {
        answer["currentPageIndex"] = Index;
        if (Index + 1 < TotalPages)
        {
            answer["nextPageIndex"] = Index + 1;
        }

        answer["size"] = Rows.Count;
        answer["totalPages"] =
            context.Faults.ShrinkTotalPages && Index == 0 && TotalPages > 1 ? TotalPages + 2 : TotalPages;
        answer["versionId"] = VersionId;
        return answer;
    }
}
