using System.Text.RegularExpressions;
using NotificationHub.FullSync;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>SQL Server allows 2,100 parameters per statement, and a list after <c>in</c> has one for each value.</summary>
public sealed partial class InListsTests
{
    private const int Many = (2 * InLists.MaxValues) + 1;

    private static string Source => Path.Combine(AppContext.BaseDirectory, "Source");

    [Fact]
    public void Every_list_of_a_statement_is_checked()
    {
        var lists = 0;
        foreach (var file in Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            lists += ListNames().Count(text);
            Unchecked(text).ShouldBeEmpty($"{Path.GetRelativePath(Source, file)}: some lists do not use InLists");
        }

        // Fewer matches would mean that the pattern no longer finds the lists.
        lists.ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("""Run("a in @keys", new { keys = keys.InList() });""", false)]
    [InlineData("""Run("a in @Keys", new { Keys = all.Select(one => Of(one, two)).ToList().InList() });""", false)]
    [InlineData("""Run("a in @keys", new { keys });""", true)]
    [InlineData("""Run("a in @keys", new { keys = keys.InList() }); Run("b in @keys", new { keys });""", true)]
    [InlineData("""Run("a in @keys and b in @ids", new { keys = part, ids = ids.InList() });""", true)]
    public void The_check_finds_an_unchecked_list(string text, bool isOne) => Unchecked(text).Any().ShouldBe(isOne);

    [Fact]
    public void A_list_that_is_too_long_is_an_error_on_every_engine()
    {
        Enumerable.Range(0, InLists.MaxValues).ToList().InList().Count.ShouldBe(InLists.MaxValues);
        Should.Throw<ArgumentException>(() => Enumerable.Range(0, InLists.MaxValues + 1).ToList().InList());
    }

    [Fact]
    public async Task All_locations_of_a_long_list_are_found()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync(
            """
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < @Many)
            insert into full_sync
                (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
            select 'L' || n, 'asset', 'reconcile', 'waiting', 0, 1, 0, 0, 0, 0, 0, 0 from numbers
            """,
            new { Many }
        );
        await test.ExecuteAsync(
            """
            insert into location_check (location_id, due_at, error) select location_id, 0, 'fault' from full_sync
            """
        );
        string[] ids = [.. Enumerable.Range(1, Many).Select(n => $"L{n}")];
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);

        (await FullSyncStore.ReadAsync(connection, ids)).Count.ShouldBe(Many);
        (await LocationWarnings.ReadAsync(connection, ids)).Count.ShouldBe(Many);
    }

    [Fact]
    public async Task All_records_of_a_long_page_are_compared()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync(
            """
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < @Many)
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            select 'L', 'asset', n || '/STDQ', '{}', 1, 1, 0 from numbers
            """,
            new { Many }
        );
        await test.ExecuteAsync(
            """
            insert into refetch_target
                (location_id, kind, key, requested, fetched, first_requested_at, last_requested_at, due_at, max_wait, attempts)
            select location_id, 'asset', key, 1, 0, 0, 0, 0, 0, 0 from snapshot
            """
        );
        string[] keys = [.. Enumerable.Range(1, Many).Select(n => $"{n}/STDQ")];
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);

        (await SnapshotRows.FindAsync(connection, "L", RecordKind.Asset, keys)).Count.ShouldBe(Many);
        var changes = keys.Select(key => new RecordDifference(key, null, null, null, IsNew: false)).ToList();
        (await PendingTargets.FindAsync(connection, "L", RecordKind.Asset, changes)).Count.ShouldBe(Many);
    }

    /// <summary>The lists that are used more often than they are checked.</summary>
    private static IEnumerable<string> Unchecked(string text) =>
        ListNames()
            .Matches(text)
            .CountBy(match => match.Groups["name"].Value, StringComparer.Ordinal)
            .Where(list =>
                // Up to the end of this assignment: a later check belongs to the next one.
                Regex.Count(
                    text,
                    $@"\b{list.Key} = ([^;=]|=>)*?\.InList\(\)",
                    RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
                ) < list.Value
            )
            .Select(list => list.Key);

    [GeneratedRegex("""\sin @(?<name>\w+)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ListNames();
}
