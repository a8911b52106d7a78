using System.Net;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Feed;

/// <summary>Server-Sent Events on a real socket.</summary>
public sealed class EventStreamTests
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_stream_resumes_after_the_last_event_id_and_ends_when_the_hub_stops()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 3);
        using var first = await OpenAsync(hub, "/events?after=1");
        using var reader = new StreamReader(await first.Content.ReadAsStreamAsync());

        first.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        (await NextAsync(reader)).ShouldBe([": heartbeat", "id: 1"]);
        var second = await NextAsync(reader);
        second[..2].ShouldBe(["id: 2", "event: notificationhub.asset.changed.v1"]);
        second[2].ShouldStartWith("data: {");
        second[2].ShouldContain("\"id\":\"1-2\"");
        (await NextAsync(reader))[0].ShouldBe("id: 3");
        await AppendAsync(hub, 1);
        (await NextAsync(reader))[0].ShouldBe("id: 4");

        using var resumed = await OpenAsync(hub, "/events?after=1", lastEventId: "3");
        using var later = new StreamReader(await resumed.Content.ReadAsStreamAsync());
        (await NextAsync(later)).ShouldBe([": heartbeat", "id: 3"]);
        (await NextAsync(later))[0].ShouldBe("id: 4");

        await hub.StopAsync().WaitAsync(TestTimeout / 2);
        (await reader.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_last_event_id_that_is_no_longer_stored_or_is_invalid_is_rejected()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 3);
        await hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update log_start set first_seq = 3 where log = 'event'"),
            CancellationToken.None
        );

        using var gone = await OpenAsync(hub, "/events", lastEventId: "1");
        using var invalid = await OpenAsync(hub, "/events", lastEventId: "1-2");

        gone.StatusCode.ShouldBe(HttpStatusCode.Gone);
        invalid.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static Task<HttpResponseMessage> OpenAsync(HubHost hub, string url, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId ?? "");
        return hub.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The lines of the next message.</summary>
    private static async Task<List<string>> NextAsync(StreamReader reader)
    {
        List<string> lines = [];
        while (await reader.ReadLineAsync().WaitAsync(TestTimeout) is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    private static Task AppendAsync(HubHost hub, int count) =>
        hub.Database.AppendEventsAsync([
            .. Enumerable.Repeat(
                new NewEvent
                {
                    Type = EventNames.AssetChanged,
                    LocationId = "north",
                    Data = "{}"u8.ToArray(),
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                },
                count
            ),
        ]);
}
