using System.Text.RegularExpressions;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Has the indexes of a migration built online where the edition can: built otherwise, an index on a full log blocks deliveries for minutes.
/// </summary>
internal static partial class OnlineIndexes
{
    /// <summary>Whether the edition can: Enterprise (and Developer), Azure SQL Database, Azure SQL Managed Instance.</summary>
    public const string IsSupported =
        "select case when cast(serverproperty('EngineEdition') as int) in (3, 5, 8) then 1 else 0 end";

    /// <summary>The same migration; an index on a table that it creates itself is left alone, for that table is empty.</summary>
    public static string In(string migration)
    {
        var created = Tables()
            .Matches(migration)
            .Select(table => table.Groups["table"].Value)
            .ToHashSet(StringComparer.Ordinal);
        return Indexes()
            .Replace(
                migration,
                index =>
                    created.Contains(index.Groups["table"].Value)
                        ? index.Value
                        : $"{index.Groups["statement"].Value} with (online = on);"
            );
    }

    [GeneratedRegex(
        @"^create table (?<table>\w+)",
        RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Tables();

    [GeneratedRegex(
        @"^(?<statement>create (unique )?index \w+ on (?<table>\w+) [^;]+);",
        RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Indexes();
}
