using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;

namespace NotificationHub.Admin;

/// <summary>A page of a list.</summary>
/// <param name="Next">The <c>after</c> of the next page; null on the last page.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

internal static class Page
{
    public static Page<T> Create<T>(IReadOnlyList<T> items, int limit, Func<T, long> seqOf) =>
        new(items, items.Count == limit ? seqOf(items[^1]).ToString(CultureInfo.InvariantCulture) : null);
}

internal sealed record Paging(
    [property: FromQuery(Name = "after")]
    [property: Description("Return rows after this one: the previous page's next.")]
        long? After,
    [property: FromQuery(Name = "limit")]
    [property: Description("Maximum number of rows, 1 to 1000; 100 by default.")]
        int? Limit
)
{
    private const int MaxSize = 1000;
    private const int DefaultSize = 100;

    public int Size => Limit ?? DefaultSize;

    /// <param name="position">The name of the parameter with the position.</param>
    public Dictionary<string, string[]> FindErrors(string position = "after")
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (After < 0)
        {
            errors[position] = ["must be 0 or more"];
        }

        if (Limit is < 1 or > MaxSize)
        {
            errors["limit"] = [$"must be from 1 to {MaxSize}"];
        }

        return errors;
    }
}
