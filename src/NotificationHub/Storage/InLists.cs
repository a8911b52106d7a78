namespace NotificationHub.Storage;

/// <summary>Limits the lists of <c>in @name</c>: each value is a parameter, and SQL Server allows 2,100 per statement.</summary>
internal static class InLists
{
    // The remaining 100 parameters are for the rest of the statement.
    public const int MaxValues = 2_000;

    public static IReadOnlyCollection<T> InList<T>(this IReadOnlyCollection<T> values) =>
        values.Count <= MaxValues
            ? values
            : throw new ArgumentException(
                $"A statement allows {MaxValues} values, not {values.Count}.",
                nameof(values)
            );

    public static async Task<List<T>> InPartsAsync<TValue, T>(
        this IEnumerable<TValue> values,
        Func<IReadOnlyCollection<TValue>, Task<IEnumerable<T>>> query
    )
    {
        List<T> found = [];
        foreach (var part in values.Chunk(MaxValues))
        {
            found.AddRange(await query(part));
        }

        return found;
    }
}
