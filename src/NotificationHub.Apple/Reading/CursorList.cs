using System.Runtime.CompilerServices;

namespace NotificationHub.Apple;

/// <summary>Reads a list whose pages follow a cursor: one after the other, and from the start if a cursor is invalid.</summary>
internal static class CursorList
{
    private const int MaxRestarts = 3;

    public static async IAsyncEnumerable<T> ReadAsync<T>(
        RecordList<T> list,
        Func<CancellationToken, IAsyncEnumerable<Page<T>>> read,
        Func<T, object> toKey,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where T : class
    {
        var seen = new RecentKeys();
        for (var restarts = 0; ; restarts++)
        {
            await using var pages = read(cancellationToken).GetAsyncEnumerator(cancellationToken);
            string? version = null;
            while (await TryMoveNextAsync(pages, mayRestart: restarts < MaxRestarts) is { } isNext)
            {
                if (!isNext)
                {
                    list.Complete(version);
                    yield break;
                }

                version = pages.Current.VersionId;
                foreach (var record in pages.Current.Items)
                {
                    if (seen.Add(toKey(record)))
                    {
                        yield return record;
                    }
                }
            }
        }
    }

    /// <returns>Whether there is another page; null if the cursor is no longer valid.</returns>
    private static async Task<bool?> TryMoveNextAsync<T>(IAsyncEnumerator<Page<T>> pages, bool mayRestart)
    {
        try
        {
            return await pages.MoveNextAsync();
        }
        catch (AppleException exception) when (mayRestart && exception.Kind == AppleErrorKind.RestartTraversal)
        {
            return null;
        }
    }
}
