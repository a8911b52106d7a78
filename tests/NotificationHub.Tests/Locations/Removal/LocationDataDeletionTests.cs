using System.Net;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Locations.Removal;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Locations.Removal;

public sealed class LocationDataDeletionTests
{
    [SqliteFact]
    public async Task The_data_of_a_location_is_deleted_from_every_table()
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
            .Except(LocationRows.NotInChunks, StringComparer.Ordinal)
            .ShouldBe(
                LocationDataDeletion.Tables.Select(table => table.Name).Distinct(StringComparer.Ordinal),
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task A_day_after_the_deletion_only_the_removal_event_is_left_and_other_locations_are_complete()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var other = await scene.Hub.AddLocationAsync();
        var before = scene.Library.Configuration;
        await scene.PostAsAppleAsync();
        await other.PostAsync(TestLocation.Notification("kept"));
        await LocationRows.FillAsync(scene.Hub.Database, location.LocationId);
        await LocationRows.FillAsync(scene.Hub.Database, other.Id);
        var kept = await LocationRows.CountAsync(scene.Hub.Database, other.Id);

        await LocationRemovalTests.RemoveAsync(scene, location, erasure: true);
        await scene.PostAsync(before.NotificationUrl!, before.NotificationAuthToken!, scene.Library.UId);
        await RoutedAsync(scene);
        await LocationRemovalTests.AdvanceOneDayAsync(scene);

        var removed = (await scene.EventsAsync(EventNames.LocationRemoved)).ShouldHaveSingleItem();
        removed.LocationId.ShouldBe(location.LocationId);
        System.Text.Encoding.UTF8.GetString(removed.Data).ShouldContain("\"purge\":true");
        (await LocationRows.CountAsync(scene.Hub.Database, location.LocationId)).ShouldBe(1);
        using var feed = await scene.Hub.Http.GetAsync("/events?after=0");
        feed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await feed.Content.ReadAsStringAsync()).ShouldContain("location.removed");
        (await LocationRows.CountAsync(scene.Hub.Database, other.Id)).ShouldBeGreaterThanOrEqualTo(kept);
        (await scene.LocationsAsync()).ShouldNotContain(one => one.LocationId == location.LocationId);
    }

    [Fact]
    public async Task Rows_are_kept_until_every_stage_has_processed_them()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await scene.PostAsAppleAsync();
        await RoutedAsync(scene);
        await scene.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values ('publishing:hub', 0, 0)"
        );

        await LocationRemovalTests.RemoveAsync(scene, location, erasure: true);

        (await scene.EventsAsync(EventNames.LocationRegistered)).ShouldHaveSingleItem();
        (await scene.EventsAsync(EventNames.NotificationTestReceived)).ShouldNotBeEmpty();
        (await scene.ScalarAsync<long>("select count(*) from notification_log")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_event_of_a_topic_without_a_cursor_is_kept()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await scene.PostAsAppleAsync();
        await RoutedAsync(scene);
        await scene.ExecuteAsync(
            """
            insert into event_log (topic, type, location_id, conflict, created_at, data)
            values ('assets', 'asset.changed', @LocationId, 0, 0, @data)
            """,
            new
            {
                location.LocationId,
                data = """{"change":"removed","cause":"reconcile","before":null,"after":null}"""u8.ToArray(),
            }
        );
        await scene.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) select 'publishing:hub', max(seq), 0 from event_log"
        );

        await LocationRemovalTests.RemoveAsync(scene, location, erasure: true);

        (await scene.EventsAsync(EventNames.AssetChanged)).ShouldHaveSingleItem();
        (await scene.EventsAsync(EventNames.LocationRegistered)).ShouldBeEmpty();
    }

    [SqliteFact]
    public async Task The_data_of_a_location_is_found_without_scanning_other_locations()
    {
        await using var hub = await HubHost.StartAsync();
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        foreach (var table in LocationDataDeletion.Tables)
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

    private static Task RoutedAsync(RegistrationScene scene) =>
        Until.TrueAsync(
            async () =>
                await scene.ScalarAsync<long>(
                    "select count(*) from notification_log where seq > coalesce((select position from log_cursor where name = 'routing'), 0)"
                ) == 0,
            "the router has read the whole log"
        );
}
