using System.Globalization;
using System.Runtime.CompilerServices;

namespace NotificationHub.Apple;

/// <summary>The two ways of paging. Apple: Using Paginated Endpoints.</summary>
internal static class PagedRead
{
    public static async IAsyncEnumerable<Page<T>> ByIndexAsync<T>(
        PageMark? from,
        Func<int, CancellationToken, Task<PageResponse<T>>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where T : class
    {
        var firstVersion = from?.FirstVersionId;
        for (int? index = from is null ? 0 : IndexOf(from); index is { } wanted; )
        {
            var response = await read(wanted, cancellationToken);
            // The only sign of the end: a page may be empty, and totalPages may change during the read.
            index = response.NextPageIndex;
            firstVersion = wanted == 0 ? response.VersionId : firstVersion;
            yield return ToPage(response, wanted, firstVersion, index?.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static async IAsyncEnumerable<Page<T>> ByCursorAsync<T>(
        string name,
        PageMark? from,
        Func<string?, CancellationToken, Task<PageResponse<T>>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where T : class
    {
        var cursor = from?.PageToken;
        HashSet<string> seen = cursor is null ? [] : [cursor];
        var firstVersion = from?.FirstVersionId;
        for (var index = 0; index == 0 || cursor is not null; index++)
        {
            var response = await read(cursor, cancellationToken);
            var next = string.IsNullOrEmpty(response.NextCursor) ? null : response.NextCursor;

            // Apple may repeat a cursor at the end: then nothing follows. With records, even one, a complete list cannot be
            // distinguished from a server that does not advance, and confusing the two would report records as removed.
            cursor = next == cursor && response.Rows!.Count == 0 ? null : next;
            if (cursor is not null && response.Rows!.Count == 0 && index >= ResponseRules.MaxPages)
            {
                throw new AppleException(
                    AppleErrorKind.TraversalStuck,
                    $"{name}: page {index} is empty and leads to another page."
                );
            }

            if (cursor is not null && !seen.Add(cursor))
            {
                throw new AppleException(
                    AppleErrorKind.TraversalStuck,
                    $"{name}: the cursor after page {index} is the one before it."
                );
            }

            firstVersion = index == 0 && from is null ? response.VersionId : firstVersion;
            yield return ToPage(response, index, firstVersion, cursor);
        }
    }

    private static int IndexOf(PageMark mark) =>
        int.TryParse(mark.PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new AppleException(
                AppleErrorKind.RestartTraversal,
                "The position belongs to another kind of read."
            );

    private static Page<T> ToPage<T>(PageResponse<T> response, int index, string? firstVersion, string? next)
        where T : class =>
        new()
        {
            Items = response.Items,
            Index = index,
            TotalPages = response.TotalPages,
            VersionId = firstVersion,
            VersionMoved = response.VersionId is { } version && firstVersion is { } first && version != first,
            IsLast = next is null,
            Next = next is null ? null : new PageMark(next, firstVersion),
            UId = response.UId,
            MdmInfo = response.MdmInfo,
            TokenExpirationDate = response.TokenExpirationDate,
        };
}
