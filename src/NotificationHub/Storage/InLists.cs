namespace NotificationHub.Storage;

/// <summary>
/// The lists behind <c>in @name</c>. Each value is a parameter, and SQL Server takes 2,100 of them in one statement: every list passes through
/// here, and what may be longer comes in several statements.
/// </summary>
internal static class InLists
{
    /// <summary>The longest list; the rest is for a statement's other parameters.</summary>
    public const int Most = 2_000;

    /// <summary>Checks that the list fits into one statement.</summary>
    public static IReadOnlyCollection<T> InList<T>(this IReadOnlyCollection<T> values) =>
        values.Count <= Most
            ? values
            : throw new ArgumentException($"A statement takes {Most} values, not {values.Count}.", nameof(values));

    /// <summary>Queries once for each part of a list of any length.</summary>
    public static async Task<List<T>> InPartsAsync<TValue, T>(
        this IEnumerable<TValue> values,
        Func<IReadOnlyCollection<TValue>, Task<IEnumerable<T>>> query
    )
    {
        List<T> found = [];
        foreach (var part in values.Chunk(Most))
        {
            found.AddRange(await query(part));
        }

        return found;
    }
}
