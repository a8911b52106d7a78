using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The hub of today and the one of tomorrow on one database: they are replaced one by one.</summary>
public sealed class RollingUpgradeTests : IAsyncLifetime
{
    private HubHost today = null!;
    private string database = "";

    public async ValueTask InitializeAsync()
    {
        today = await HubHost.StartAsync();
        database = $"Storage:ConnectionString=Data Source={Path.Combine(today.Folder, "hub.db")}";
    }

    public async ValueTask DisposeAsync() => await today.DisposeAsync();

    [Fact]
    public async Task Two_versions_side_by_side_both_take_posts_and_each_is_routed_once()
    {
        var location = await today.AddLocationAsync();
        await PostAsync(location, "before");

        await using var tomorrow = await HubHost.StartAsync(OfTomorrow, database);
        await PostAsync(location, "by the older one");
        await PostAsync(new TestLocation(tomorrow, location.Id, location.Secret), "by the newer one");
        // Who is started again beside a newer one: a crash, or a second thought.
        await using var again = await HubHost.StartAsync(database);
        await PostAsync(new TestLocation(again, location.Id, location.Secret), "by one that was started again");

        await Until.TrueAsync(async () => await CountEventsAsync() >= 4, "the posts are routed");
        (await CountEventsAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task Where_it_must_not_migrate_serving_refuses_an_older_database_and_a_missing_one()
    {
        var older = await Should.ThrowAsync<SchemaException>(() =>
            HubHost.StartAsync(OfTomorrow, database, "Storage:MigrateOnStart=false")
        );
        var missing = await Should.ThrowAsync<SchemaException>(() =>
            HubHost.StartAsync("Storage:MigrateOnStart=false")
        );

        older.Message.ShouldContain("run `migrate`");
        missing.Message.ShouldContain("run `migrate`");
    }

    [Fact]
    public async Task Where_it_must_not_migrate_serving_takes_a_database_that_is_up_to_date()
    {
        var location = await today.AddLocationAsync();
        await using var hub = await HubHost.StartAsync(database, "Storage:MigrateOnStart=false");

        await PostAsync(new TestLocation(hub, location.Id, location.Secret), "as ever");
    }

    private static void OfTomorrow(WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<Database>(services => new SqliteDatabase(
            services.GetRequiredService<IOptions<StorageOptions>>().Value,
            FutureMigrations.Migrations(
                """
                alter table notification_log add column flavour text null;
                alter table event_log add column flavour text null;
                create table flavour (name text not null primary key);
                """
            )
        ));

    private static async Task PostAsync(TestLocation location, string id)
    {
        using var answer = await location.PostAsync(TestLocation.Notification(id));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, id);
    }

    private async Task<long> CountEventsAsync() =>
        await today.Database.WriteAsync(
            transaction =>
                transaction.ScalarAsync<long>("select count(*) from event_log where notification_seq is not null"),
            CancellationToken.None
        );
}
