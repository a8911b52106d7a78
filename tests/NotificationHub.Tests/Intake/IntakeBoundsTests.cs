using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Intake;

/// <summary>Slow, busy and hostile senders affect only themselves.</summary>
public sealed class IntakeBoundsTests
{
    [Fact]
    public async Task All_401_responses_have_the_same_bytes()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        string[] headers =
        [
            "",
            "Authorization: Bearer wrong\r\n",
            "Authorization: Basic eDp5\r\n",
            $"Authorization: Bearer {location.Secret}\r\nAuthorization: Bearer {location.Secret}\r\n",
        ];

        List<string> responses =
        [
            await RawAsync(hub, "/notifications/unknown", $"Authorization: Bearer {location.Secret}\r\n"),
        ];
        foreach (var header in headers)
        {
            responses.Add(await RawAsync(hub, location.Path, header));
        }

        responses[0].ShouldStartWith("HTTP/1.1 401");
        responses.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_wrong_secret_is_answered_before_the_body_is_sent()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        using var sender = await ConnectAsync(
            hub,
            location.Path,
            "Authorization: Bearer wrong\r\nContent-Length: 1000\r\n"
        );

        (await sender.ReadLineAsync()).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    [Fact]
    public async Task An_incomplete_body_delays_no_other_delivery_and_is_answered_408()
    {
        await using var hub = await HubHost.StartAsync("Intake:BodyTimeout=00:00:01");
        var location = await hub.AddLocationAsync();
        using var slow = await ConnectAsync(
            hub,
            location.Path,
            $"Authorization: Bearer {location.Secret}\r\nContent-Length: 1000\r\n",
            "{\"notificationId\":"
        );

        (await location.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await slow.ReadLineAsync()).ShouldBe("HTTP/1.1 408 Request Timeout");
    }

    [Fact]
    public async Task A_location_over_its_rate_limit_is_answered_429_with_Retry_After()
    {
        await using var hub = await ScenarioHub.StartAsync("Intake:DeliveriesPerSecondPerLocation=1");
        var location = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();

        HttpResponseMessage response;
        var taken = 0;
        do
        {
            response = await location.PostAsync(TestLocation.Notification($"n-{taken++}"));
        } while (response.StatusCode == HttpStatusCode.OK);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        taken.ShouldBeGreaterThan(10);
        (await other.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_exhausted_memory_budget_is_answered_503_until_memory_is_returned()
    {
        await using var hub = await HubHost.StartAsync(
            "Intake:MaxBodyBytes=65536",
            "Intake:MaxBytesInFlight=65536",
            "Intake:MaxBytesInFlightPerLocation=65536",
            "Intake:BodyTimeout=00:05:00"
        );
        var location = await hub.AddLocationAsync();
        var headers = $"Authorization: Bearer {location.Secret}\r\nContent-Length: 65536\r\n";
        HttpResponseMessage? refused = null;
        await Until.TrueAsync(
            async () =>
            {
                // If a post arrives before the whole body, the body is refused instead: try again.
                using var slow = await ConnectAsync(hub, location.Path, headers, new string('x', 65_500));
                for (var post = 0; post < 100 && refused is null; post++)
                {
                    var response = await location.PostAsync(TestLocation.Notification("n-1"));
                    refused = response.StatusCode == HttpStatusCode.ServiceUnavailable ? response : null;
                }

                return refused is not null;
            },
            "a post is refused"
        );
        refused!.Headers.RetryAfter.ShouldNotBeNull();

        await PostUntilAsync(location, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_Content_Length_alone_uses_no_memory_budget()
    {
        await using var hub = await HubHost.StartAsync(
            "Intake:MaxBodyBytes=65536",
            "Intake:MaxBytesInFlight=65536",
            "Intake:MaxBytesInFlightPerLocation=65536"
        );
        var location = await hub.AddLocationAsync();
        var headers = $"Authorization: Bearer {location.Secret}\r\nContent-Length: 65536\r\n";
        using var first = await ConnectAsync(hub, location.Path, headers, "{");
        using var second = await ConnectAsync(hub, location.Path, headers, "{");

        for (var i = 0; i < 20; i++)
        {
            (await location.PostAsync(TestLocation.Notification($"n-{i}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [SqliteFact]
    public async Task A_locked_database_is_answered_503_and_the_intake_recovers_without_a_restart()
    {
        await using var hub = await ScenarioHub.StartAsync("Storage:LockTimeout=00:00:00.1");
        var location = await hub.AddLocationAsync();
        await using (
            var other = new SqliteConnection($"Data Source={((SqliteDatabase)hub.Database).File};Pooling=false")
        )
        {
            await other.OpenAsync();
            await using var held = other.BeginTransaction(deferred: false);

            await hub.ScenarioAsync(delivery =>
            {
                delivery.Deliver(location, TestLocation.Notification("n-1"));
                delivery.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
                delivery.Header("Retry-After").ShouldHaveOneNonNullValue();
            });
        }

        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-1")));
    }

    [SqliteFact]
    public async Task A_full_disk_is_answered_503_and_the_intake_recovers_without_a_restart()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        await SetMaxPagesAsync(hub, 1);

        var stored = new List<string>();
        HttpStatusCode status;
        do
        {
            var id = $"n-{stored.Count}";
            using var response = await location.PostAsync(TestLocation.Notification(id, type: new string('T', 500)));
            status = response.StatusCode;
            if (status == HttpStatusCode.OK)
            {
                stored.Add(id);
            }
        } while (status == HttpStatusCode.OK);

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await SetMaxPagesAsync(hub, 1_000_000);
        (await location.PostAsync(TestLocation.Notification("after"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var log = await NotificationLog.ReadPageAsync(connection, 0, 10_000, CancellationToken.None);
        log.Select(entry => entry.NotificationId).ShouldBe([.. stored, "after"]);
    }

    // SQLite uses the current size if that is larger: the database is then full.
    private static Task SetMaxPagesAsync(ScenarioHub hub, int pages) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    string.Create(CultureInfo.InvariantCulture, $"pragma max_page_count = {pages}")
                ),
            CancellationToken.None
        );

    private static async Task<HttpResponseMessage> PostUntilAsync(TestLocation location, HttpStatusCode expected)
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            giveUp.Token.ThrowIfCancellationRequested();
            var response = await location.PostAsync(TestLocation.Notification("n-1"));
            if (response.StatusCode == expected)
            {
                return response;
            }
        }
    }

    private static async Task<StreamReader> ConnectAsync(HubHost hub, string path, string headers, string body = "")
    {
        var address = hub.Http.BaseAddress!;
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{headers}\r\n{body}")
        );
        return new StreamReader(stream);
    }

    private static async Task<string> RawAsync(HubHost hub, string path, string headers)
    {
        using var response = await ConnectAsync(
            hub,
            path,
            $"{headers}Content-Length: 2\r\nConnection: close\r\n",
            "{}"
        );
        var lines = (await response.ReadToEndAsync())
            .Split("\r\n")
            .Where(line => !line.StartsWith("Date:", StringComparison.Ordinal));
        return string.Join("\r\n", lines);
    }
}
