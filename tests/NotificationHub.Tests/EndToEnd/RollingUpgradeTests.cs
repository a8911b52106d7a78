using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The current and a future version of the hub on one database during a rolling upgrade.</summary>
public sealed class RollingUpgradeTests : IAsyncLifetime
{
    private HubHost current = null!;
    private string database = "";

    public async ValueTask InitializeAsync()
    {
        current = await HubHost.StartAsync();
        database = $"Storage:ConnectionString=Data Source={Path.Combine(current.Folder, "hub.db")}";
    }

    public async ValueTask DisposeAsync() => await current.DisposeAsync();

    [Fact]
    public async Task Both_versions_accept_notifications_and_each_is_routed_once()
    {
        var location = await current.AddLocationAsync();
        await PostAsync(location, "before");

        await using var future = await HubHost.StartAsync(ConfigureFuture, database);
        await PostAsync(location, "by the older version");
        await PostAsync(new TestLocation(future, location.Id, location.Secret), "by the newer version");
        // The current version starts again next to the newer one, after a crash or a rollback.
        await using var again = await HubHost.StartAsync(database);
        await PostAsync(new TestLocation(again, location.Id, location.Secret), "by the restarted version");

        await Until.TrueAsync(async () => await CountEventsAsync() >= 4, "the notifications are routed");
        (await CountEventsAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task Without_MigrateOnStart_the_hub_rejects_an_older_or_missing_database()
    {
        var older = await Should.ThrowAsync<SchemaException>(() =>
            HubHost.StartAsync(ConfigureFuture, database, "Storage:MigrateOnStart=false")
        );
        var missing = await Should.ThrowAsync<SchemaException>(() =>
            HubHost.StartAsync("Storage:MigrateOnStart=false")
        );

        older.Message.ShouldContain("run `migrate`");
        missing.Message.ShouldContain("run `migrate`");
    }

    [Fact]
    public async Task Without_MigrateOnStart_the_hub_starts_on_a_current_database()
    {
        var location = await current.AddLocationAsync();
        await using var hub = await HubHost.StartAsync(database, "Storage:MigrateOnStart=false");

        await PostAsync(new TestLocation(hub, location.Id, location.Secret), "current");
    }

    private static void ConfigureFuture(WebApplicationBuilder builder) =>
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
        using var response = await location.PostAsync(TestLocation.Notification(id));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, id);
    }

    private async Task<long> CountEventsAsync() =>
        await current.Database.WriteAsync(
            transaction =>
                transaction.ScalarAsync<long>("select count(*) from event_log where notification_seq is not null"),
            CancellationToken.None
        );
}
