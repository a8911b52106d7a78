namespace NotificationHub.Storage;

/// <summary>
/// Checks the lists in <c>in @name</c>. Each value is a parameter, and SQL Server allows 2,100 per statement, so every list is checked here,
/// and longer lists are split into several statements.
/// </summary>
internal static class InLists
{
    /// <summary>The longest list; the remaining parameters are for the rest of the statement.</summary>
    public const int Most = 2_000;

    /// <summary>Checks that the list fits into one statement.</summary>
    public static IReadOnlyCollection<T> InList<T>(this IReadOnlyCollection<T> values) =>
        values.Count <= Most
            ? values
            : throw new ArgumentException($"A statement allows {Most} values, not {values.Count}.", nameof(values));

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
