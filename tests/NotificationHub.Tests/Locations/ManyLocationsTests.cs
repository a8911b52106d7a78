using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Locations;

/// <summary>The cost of ten thousand locations in queries and rows, not in time.</summary>
public sealed class ManyLocationsTests
{
    private const int Locations = 10_000;

    [Fact]
    public async Task A_delivery_causes_no_query()
    {
        await using var test = await FillAsync();
        await using var counting = new CountingDatabase(test.Sqlite);
        var credentials = new LocationCredentialCache(
            counting,
            new MemoryBudget(long.MaxValue),
            Options.Create(new IntakeOptions()),
            TimeProvider.System
        );
        await credentials.RefreshAsync(CancellationToken.None);
        counting.Readers.ShouldBe(1);

        foreach (var number in new[] { 0, 17, Locations - 1 })
        {
            var location = credentials.Find(IdOf(number))!;
            var slot = NotificationTokenVerifier.Verify("Bearer none", location.Digests);
            (slot, location.Usages.Count).ShouldBe((-1, 1));
        }

        credentials.Find("unknown").ShouldBeNull();
        counting.Readers.ShouldBe(1);
    }

    [Fact]
    public async Task Each_page_of_locations_is_read_from_the_end_of_the_previous_one()
    {
        await using var test = await FillAsync();
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);
        HashSet<string> seen = new(StringComparer.Ordinal);
        string? after = null;
        while (true)
        {
            var page = await LocationStore.ListAsync(connection, after, 999);
            page.Count.ShouldBeLessThanOrEqualTo(999);
            if (page.Count == 0)
            {
                break;
            }

            page.ShouldAllBe(location => seen.Add(location.LocationId));
            after = page[^1].LocationId;
        }

        seen.Count.ShouldBe(Locations);
        var plan = await connection.QueryAsync<(int, int, int, string Detail)>(
            $"explain query plan {LocationStore.PageSql(connection)}",
            new
            {
                CreatedAt = 5,
                LocationId = "x",
                limit = 10,
            }
        );
        plan.ShouldHaveSingleItem().Detail.ShouldBe("SEARCH location USING INDEX location_created (created_at>?)");
    }

    private static string IdOf(int number) => $"location{number:00000}";

    private static async Task<TestDatabase> FillAsync()
    {
        var test = await TestDatabase.OpenAsync();
        await test.Database.WriteAsync(
            async transaction =>
            {
                for (var number = 0; number < Locations; number++)
                {
                    // Several are added in the same millisecond.
                    await transaction.ExecuteAsync(
                        """
                        insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                        values (@id, 'valid', 0, 1, 0, @createdAt);
                        insert into notification_secret (location_id, sha256, state, created_at)
                        values (@id, @digest, 'active', 0)
                        """,
                        new
                        {
                            id = IdOf(number),
                            digest = new byte[32],
                            createdAt = number / 3,
                        }
                    );
                }
            },
            CancellationToken.None
        );
        return test;
    }

    private sealed class CountingDatabase(SqliteDatabase database) : DelegatingDatabase(database)
    {
        private int readers;

        public int Readers => readers;

        public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref readers);
            return base.OpenReaderAsync(cancellationToken);
        }
    }
}
