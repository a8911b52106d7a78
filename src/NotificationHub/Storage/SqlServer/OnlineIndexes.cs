using System.Text.RegularExpressions;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Makes a migration build its indexes online if the edition supports it: an offline build on a large log blocks deliveries for minutes.
/// </summary>
internal static partial class OnlineIndexes
{
    /// <summary>Whether the edition supports it: Enterprise (and Developer), Azure SQL Database, Azure SQL Managed Instance.</summary>
    public const string IsSupported =
        "select case when cast(serverproperty('EngineEdition') as int) in (3, 5, 8) then 1 else 0 end";

    /// <summary>Adapts the migration. Indexes on tables that it creates itself do not change, because these tables are empty.</summary>
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
