using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace NotificationHub.Admin;

/// <summary>Which page of a list is asked for.</summary>
internal sealed record Paging(
    [property: FromQuery(Name = "after")]
    [property: Description("Only what lies behind this seq: the last answer's next.")]
        long? After,
    [property: FromQuery(Name = "limit")]
    [property: Description("How many at most, 1 to 1000; 100 by default.")]
        int? Limit
)
{
    private const int MostAtOnce = 1000;
    private const int Usual = 100;

    public int Size => Limit ?? Usual;

    /// <summary>What is wrong with it, by parameter; empty where it can be used.</summary>
    public Dictionary<string, string[]> Faults
    {
        get
        {
            var faults = new Dictionary<string, string[]>(StringComparer.Ordinal);
            if (After < 0)
            {
                faults["after"] = ["must be a seq, 0 or more"];
            }

            if (Limit is < 1 or > MostAtOnce)
            {
                faults["limit"] = [$"must lie between 1 and {MostAtOnce}"];
            }

            return faults;
        }
    }
}
