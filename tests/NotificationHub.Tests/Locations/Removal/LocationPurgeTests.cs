using System.Net;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Locations.Removal;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Locations.Removal;

public sealed class LocationPurgeTests
{
    /// <summary>What goes with the location itself a day later, and what outlives it.</summary>
    private static readonly string[] NotInChunks =
    [
        "location",
        "notification_secret",
        "location_removal",
        "notification_log",
        "event_log",
        "audit_entry",
        "privacy_purge",
    ];

    [SqliteFact]
    public async Task Every_table_that_names_a_location_is_purged()
    {
        await using var hub = await HubHost.StartAsync();
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var tables = await connection.QueryAsync<string>(
            """
            select m.name
            from sqlite_master m
            join pragma_table_info(m.name) c on c.name = 'location_id'
            where m.type = 'table'
            """
        );

        tables
            .Except(NotInChunks, StringComparer.Ordinal)
            .ShouldBe(
                LocationPurge.Tables.Select(table => table.Name).Distinct(StringComparer.Ordinal),
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task Nothing_but_its_removal_is_left_of_a_purged_location_a_day_later_and_nothing_of_another_is_missing()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var other = await scene.Hub.AddLocationAsync();
        var before = scene.Library.Configuration;
        await scene.PostAsAppleAsync();
        await other.PostAsync(TestLocation.Notification("kept"));
        await FillAsync(scene, location.LocationId);
        await FillAsync(scene, other.Id);
        var kept = await CountAsync(scene, other.Id);

        await LocationRemovalTests.RemoveAsync(scene, location, purge: true);
        await scene.PostAsync(before.NotificationUrl!, before.NotificationAuthToken!, scene.Library.UId);
        await RoutedAsync(scene);
        await LocationRemovalTests.PassADayAsync(scene);

        var removed = (await scene.EventsAsync(EventNames.LocationRemoved)).ShouldHaveSingleItem();
        removed.LocationId.ShouldBe(location.LocationId);
        System.Text.Encoding.UTF8.GetString(removed.Data).ShouldContain("\"purge\":true");
        (await CountAsync(scene, location.LocationId)).ShouldBe(1);
        using var feed = await scene.Hub.Http.GetAsync("/events?after=0");
        feed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await feed.Content.ReadAsStringAsync()).ShouldContain("location.removed");
        (await CountAsync(scene, other.Id)).ShouldBeGreaterThanOrEqualTo(kept);
        (await scene.LocationsAsync()).ShouldNotContain(one => one.LocationId == location.LocationId);
    }

    [Fact]
    public async Task What_a_stage_has_not_come_to_is_kept_until_it_has()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await scene.PostAsAppleAsync();
        await RoutedAsync(scene);
        await scene.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('publishing:hub', 0, 0)");

        await LocationRemovalTests.RemoveAsync(scene, location, purge: true);

        (await scene.EventsAsync(EventNames.LocationRegistered)).ShouldHaveSingleItem();
        (await scene.EventsAsync(EventNames.NotificationTestReceived)).ShouldNotBeEmpty();
        (await scene.ScalarAsync<long>("select count(*) from notification_log")).ShouldBeGreaterThan(0);
    }

    [SqliteFact]
    public async Task What_is_kept_of_a_location_is_found_without_looking_through_the_others()
    {
        await using var hub = await HubHost.StartAsync();
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        foreach (var table in LocationPurge.Tables)
        {
            var plan = await connection.QueryAsync<(long, long, long, string Detail)>(
                $"explain query plan {table.PageSql(connection)}",
                new { locationId = "location-1", limit = 1 }
            );
            plan.ShouldAllBe(
                step => step.Detail.StartsWith("SEARCH ") && step.Detail.Contains("location_id=?"),
                table.PageSql(connection)
            );
        }
    }

    private static Task FillAsync(RegistrationScene scene, string locationId) =>
        scene.Hub.Database.WriteAsync(
            async transaction =>
            {
                foreach (var key in Enumerable.Range(0, 450))
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
                        values (@locationId, @kind, @key, '{}', 1, 1, 1)
                        """,
                        new
                        {
                            locationId,
                            kind = key % 2 == 0 ? "asset" : "user",
                            key = $"k{key / 2}",
                        }
                    );
                }

                await transaction.ExecuteAsync(
                    "insert into location_version (location_id, resource, version_id) values (@locationId, 'user', 'v')",
                    new { locationId }
                );
                await transaction.ExecuteAsync(
                    "insert into operation_notification (event_id, location_id, seq) values ('e', @locationId, 1)",
                    new { locationId }
                );
                foreach (var (eventId, closedAt) in new (string, long?)[] { ("open", null), ("closed", 1) })
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into operation
                        (
                            event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls,
                            closed_at
                        )
                        values (@eventId, @locationId, 'x', 0, 0, 0, 0, 0, 0, @never, 0, @closedAt)
                        """,
                        new
                        {
                            eventId,
                            locationId,
                            closedAt,
                            never = long.MaxValue,
                        }
                    );
                }
            },
            CancellationToken.None
        );

    private static Task RoutedAsync(RegistrationScene scene) =>
        Until.TrueAsync(
            async () =>
                await scene.ScalarAsync<long>(
                    "select count(*) from notification_log where seq > coalesce((select position from log_cursor where name = 'routing'), 0)"
                ) == 0,
            "the router has come to the end"
        );

    private static async Task<long> CountAsync(RegistrationScene scene, string locationId)
    {
        var rows = 0L;
        foreach (var table in NotInChunks.Except(["audit_entry"]).Concat(LocationPurge.Tables.Select(one => one.Name)))
        {
            rows += await scene.ScalarAsync<long>(
                $"select count(*) from {table} where location_id = @locationId",
                new { locationId }
            );
        }

        return rows;
    }
}
