using System.Net;
using System.Text.Json;
using Alba;
using NotificationHub.Feed;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Feed;

public sealed class SnapshotEndpointTests
{
    [Fact]
    public async Task A_snapshot_returns_the_current_records_and_the_last_event_sequence()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddLocationAsync(hub);
        await AddRecordAsync(hub, "asset", "2/STDQ", """{"adamId":"2"}""", 5);
        await AddRecordAsync(hub, "asset", "1/STDQ", """{"adamId":"1"}""", 7);
        await AddRecordAsync(hub, "asset", "3/STDQ", null, 8);
        await AddRecordAsync(hub, "user", "u1", """{"inviteCode":"secret","status":"Registered"}""", 9);
        await AppendEventAsync(hub);

        var assets = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/snapshot/north/asset");
            request.Header(FeedHeaders.Sequence).SingleValueShouldEqual("1");
        });

        (await assets.ReadAsTextAsync()).ShouldBe(
            """
            {"key":"1/STDQ","revision":"0000000000000000007","record":{"adamId":"1"}}
            {"key":"2/STDQ","revision":"0000000000000000005","record":{"adamId":"2"}}

            """,
            StringCompareShould.IgnoreLineEndings
        );
        (await hub.TextAsync("/snapshot/north/user")).ShouldBe(
            "{\"key\":\"u1\",\"revision\":\"0000000000000000009\",\"record\":{\"status\":\"Registered\"}}\n"
        );
    }

    [Fact]
    public async Task A_location_without_records_has_an_empty_snapshot()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddLocationAsync(hub);

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/snapshot/north/subscription-assignment");
            request.StatusCodeShouldBe(HttpStatusCode.OK);
            request.Header(FeedHeaders.Sequence).SingleValueShouldEqual("0");
            request.ContentShouldBe("");
        });
    }

    [Theory]
    [InlineData("/snapshot/nowhere/asset")]
    [InlineData("/snapshot/north/assets")]
    public async Task An_unknown_location_or_kind_returns_404(string path)
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddLocationAsync(hub);

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url(path);
            request.StatusCodeShouldBe(HttpStatusCode.NotFound);
        });
    }

    [Fact]
    public async Task A_large_snapshot_is_complete()
    {
        const int Records = 100_000;
        await using var hub = await HubHost.StartAsync();
        await AddLocationAsync(hub);
        await hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    with recursive n (i) as (select 1 union all select i + 1 from n where i < @Records)
                    insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
                    select 'north', 'assignment', printf('%06d', i), '{"serialNumber":"' || i || '"}', 1, i, 0 from n
                    """,
                    new { Records }
                ),
            CancellationToken.None
        );

        using var response = await hub.Http.GetAsync(
            "/snapshot/north/assignment",
            HttpCompletionOption.ResponseHeadersRead
        );
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var count = 0;
        while (await lines.ReadLineAsync() is { } line)
        {
            count++;
            using var read = JsonDocument.Parse(line);
            read.RootElement.GetProperty("key").GetString().ShouldBe($"{count:D6}");
        }

        count.ShouldBe(Records);
    }

    private static Task AddLocationAsync(TestHub hub) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                    values ('north', 'valid', 0, 1, 0, 0)
                    """
                ),
            CancellationToken.None
        );

    private static Task AddRecordAsync(TestHub hub, string kind, string key, string? data, long revision) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
                    values ('north', @kind, @key, @data, 1, @revision, 0)
                    """,
                    new
                    {
                        kind,
                        key,
                        data,
                        revision,
                    }
                ),
            CancellationToken.None
        );

    private static Task AppendEventAsync(TestHub hub) =>
        hub.Database.AppendEventsAsync(
            new NewEvent
            {
                Type = "asset.changed",
                LocationId = "north",
                Data = "{}"u8.ToArray(),
                CreatedAt = TimeProvider.System.GetUtcNow(),
            }
        );
}
