using System.Runtime.CompilerServices;

namespace NotificationHub.Apple;

/// <summary>
/// Reads a list whose pages have an index. Two neighboring pages of the same version fit together. If the version changed
/// between them, records may have moved from the later page to the earlier one, so the earlier one is read again, and
/// those before it until one contains a record that was returned: every record before that one was returned, too.
/// </summary>
internal sealed class IndexedList<T>(
    RecordList<T> list,
    Func<bool, int, CancellationToken, Task<PageResponse<T>>> read,
    Func<T, object> toKey,
    Func<T, bool> matches
)
    where T : class
{
    // More would cost too many requests while records change all the time.
    private const int MaxReturns = 8;

    private readonly RecentKeys seen = new();
    private bool hasChanged;
    private int furthest;
    private int returns;
    private string? firstVersion;

    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var window = new PageWindow<T>(
            (index, token) => read(!list.IsSinceVersionUnknown, index, token),
            cancellationToken
        );
        var index = 0;
        var page = await TakeFirstAsync(window);
        while (true)
        {
            window.ReadAhead(index, page);
            foreach (var record in page.Items)
            {
                // Without a change, equal records are distinct: there may be several retired users of one ID.
                if ((seen.Add(toKey(record)) || !hasChanged) && matches(record))
                {
                    yield return record;
                }
            }

            if (page.NextPageIndex is not { } next)
            {
                list.Complete(firstVersion);
                yield break;
            }

            (index, page) = await TakeNextAsync(window, index, page, next);
        }
    }

    // Apple may have forgotten the version of the last read: then all records are read.
    private async Task<PageResponse<T>> TakeFirstAsync(PageWindow<T> window)
    {
        PageResponse<T> page;
        try
        {
            page = await window.TakeAsync(0);
        }
        catch (AppleException exception)
            when (exception.Kind == AppleErrorKind.VersionUnknown && !list.IsSinceVersionUnknown)
        {
            list.IsSinceVersionUnknown = true;
            page = await window.TakeAsync(0);
        }

        firstVersion = page.VersionId;
        return page;
    }

    private async Task<(int Index, PageResponse<T> Page)> TakeNextAsync(
        PageWindow<T> window,
        int index,
        PageResponse<T> page,
        int next
    )
    {
        if (next > furthest)
        {
            (furthest, returns) = (next, 0);
        }

        var (following, error) = await TryTakeAsync(window, next);
        if (following is not null && IsSameVersion(page, following))
        {
            return (next, following);
        }

        hasChanged = true;
        if (error?.Kind == AppleErrorKind.VersionUnknown && !list.IsSinceVersionUnknown)
        {
            await window.ClearAsync();
            list.IsSinceVersionUnknown = true;
            return (0, await TakeFirstAsync(window));
        }

        // Once records may be missing, returns are worth their requests only to find the end of a shorter list.
        var mayReturn = following is null || !list.MayBeIncomplete;
        if (mayReturn && ++returns <= MaxReturns)
        {
            await window.ClearAsync();
            return await GoBackAsync(window, index);
        }

        list.MayBeIncomplete = true;
        return following is null ? throw error! : (next, following);
    }

    private async Task<(int Index, PageResponse<T> Page)> GoBackAsync(PageWindow<T> window, int index)
    {
        for (; ; index--)
        {
            var (page, error) = await TryTakeAsync(window, index);
            if (page is null && index == 0)
            {
                throw error!;
            }

            if (page is not null && (index == 0 || page.Items.Any(record => seen.Contains(toKey(record)))))
            {
                return (index, page);
            }
        }
    }

    private static bool IsSameVersion(PageResponse<T> page, PageResponse<T> following) =>
        page.VersionId is null || following.VersionId is null || page.VersionId == following.VersionId;

    /// <returns>The page, or the error that there is no such page any more.</returns>
    private static async Task<(PageResponse<T>? Page, AppleException? Error)> TryTakeAsync(
        PageWindow<T> window,
        int index
    )
    {
        try
        {
            return (await window.TakeAsync(index), null);
        }
        catch (AppleException exception)
            when (exception.Kind is AppleErrorKind.RestartTraversal or AppleErrorKind.VersionUnknown)
        {
            return (null, exception);
        }
    }
}
