using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Health;

namespace NotificationHub.Tests.Relay;

/// <summary>The relay of a running hub, administered over HTTP and by commands, with an MDM on loopback.</summary>
public sealed class RelayHubTests
{
    private const string Secret = "s3cret-of-the-mdm";

    private readonly ConcurrentQueue<(string Body, string Authorization)> received = new();
    private volatile string accepted = Secret;

    [Fact]
    public async Task An_MDM_behind_the_hub_receives_deliveries_and_its_secret_is_never_shown()
    {
        await using var mdm = await StartMdmAsync();
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        var targets = $"/admin/locations/{location.Id}/relay-targets";
        List<string> shown = [];

        using var added = await hub.Http.PostAsJsonAsync(
            targets,
            new { url = $"{mdm.Urls.Single()}/notify?key=x", secret = Secret }
        );
        shown.Add(await added.Content.ReadAsStringAsync());
        added.StatusCode.ShouldBe(HttpStatusCode.OK, shown[0]);
        var target = JsonDocument.Parse(shown[0]).RootElement.GetProperty("target").GetString();
        var body = TestLocation.Notification("n-1");
        await location.PostAsync(body);
        await Until.TrueAsync(() => !received.IsEmpty, "the MDM has received the notification");

        received.ShouldHaveSingleItem().ShouldBe((body, $"Bearer {Secret}"));

        accepted = "another";
        await location.PostAsync(TestLocation.Notification("n-2"));
        var failing = await UntilListedAsync(
            hub,
            listed => listed.GetProperty("failure").GetString() == "unauthorized"
        );
        shown.Add(failing);
        shown.Add((await hub.DetailAsync()).GetRawText());
        shown[^1]
            .ShouldContain(
                $"relay:{target}: 1 failed and will be retried: location {location.Id}: unauthorized (HTTP 401)"
            );
        shown.Add((await CommandRun.OnAsync(hub, "relay", "status", location.Id)).Output);
        shown[^1].ShouldContain("unauthorized (HTTP 401)");
        shown.Add((await CommandRun.OnAsync(hub, "doctor", "--json")).Output);
        shown[^1].ShouldContain("it refuses notifications: unauthorized (HTTP 401)");
        shown.Add(await hub.Http.GetStringAsync("/admin/audit"));
        shown[^1].ShouldContain("relay add");

        // A new secret ends the pause.
        using var again = await hub.Http.PostAsJsonAsync(
            targets,
            new { url = $"{mdm.Urls.Single()}/notify?key=x", secret = accepted }
        );
        await Until.TrueAsync(() => received.Count == 2, "the MDM has received both");
        received.Last().Authorization.ShouldBe("Bearer another");

        using var removed = await hub.Http.DeleteAsync($"{targets}/{target}");
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Until.TrueAsync(
            async () =>
                (await CountAsync(hub, "relay_target"), await CountAsync(hub, "log_cursor where name = 'relay'"))
                == (0, 0),
            "the target and the cursor are deleted"
        );
        shown.ShouldAllBe(text => !text.Contains(Secret) && !text.Contains("key=x"));
        var file = await File.ReadAllBytesAsync(
            hub.Store.Settings.Single(setting => setting.Contains(".db")).Split('=')[^1]
        );
        file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)).ShouldBe(-1);
    }

    [Fact]
    public async Task Requests_that_are_wrong_change_nothing()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        var targets = $"/admin/locations/{location.Id}/relay-targets";

        foreach (
            var input in new object[]
            {
                new { url = "http://mdm.example.com/" },
                new { url = "https://mdm.example.com/", secret = "a b" },
            }
        )
        {
            using var refused = await hub.Http.PostAsJsonAsync(targets, input);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        using var unknown = await hub.Http.PostAsync($"{targets}/unknown/stop", content: null);
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await CommandRun.OnAsync(hub, "relay", "resend", location.Id)).ExitCode.ShouldBe(
            NotificationHub.CommandLine.ExitCode.NotFound
        );
        (await CountAsync(hub, "relay_target")).ShouldBe(0);
    }

    [Fact]
    public async Task A_stored_secret_is_replaced_but_not_deleted()
    {
        const string Url = "https://mdm.example.com/";
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        var targets = $"/admin/locations/{location.Id}/relay-targets";
        (await AddAsync(null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await AddAsync(null)).StatusCode.ShouldBe(HttpStatusCode.OK, "there is no secret to delete");
        (await AddAsync(Secret)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await AddAsync(null);
        var command = await CommandRun.OnAsync(hub, "relay", "add", location.Id, $"--relay-to={Url}");

        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("specify it");
        command.ExitCode.ShouldBe(NotificationHub.CommandLine.ExitCode.Failed);
        command.Error.ShouldContain("Nothing was changed. To replace the secret, specify it (--relay-secret-file");
        (await CountAsync(hub, "relay_target where secret is not null")).ShouldBe(1);

        Task<HttpResponseMessage> AddAsync(string? secret) =>
            hub.Http.PostAsJsonAsync(targets, new { url = Url, secret });
    }

    [Fact]
    public async Task Commands_stop_start_list_resend_and_remove()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        foreach (var host in new[] { "one", "two" })
        {
            var add = await CommandRun.OnAsync(hub, "relay", "add", location.Id, $"--relay-to=https://{host}.invalid/");
            add.ExitCode.ShouldBe(0, add.Error);
        }

        var status = await CommandRun.OnAsync(hub, "relay", "stop", location.Id, "--json");
        var targets = status
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(one => one.GetProperty("target").GetString()!)
            .ToList();
        status
            .Json.GetProperty("items")
            .EnumerateArray()
            .ShouldAllBe(one => one.GetProperty("state").GetString() == "stopped");
        (await CommandRun.OnAsync(hub, "relay", "remove", location.Id)).Error.ShouldContain("--target");
        (await CommandRun.OnAsync(hub, "relay", "remove", location.Id, $"--target={targets[0]}")).ExitCode.ShouldBe(0);
        await hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "insert into relay_delivery (target_id, seq, state, pending_since, attempts, failure, last_status, set_aside_at) values (@target, 7, 'set-aside', 0, 3, 'rejected', 422, 0)",
                    new { target = targets[1] }
                ),
            CancellationToken.None
        );

        (await CommandRun.OnAsync(hub, "relay", "set-aside", location.Id)).Output.ShouldContain("rejected");
        (await CommandRun.OnAsync(hub, "relay", "resend", location.Id, "--seq=8", "--json"))
            .Json.GetProperty("resent")
            .GetInt32()
            .ShouldBe(0);
        (await CommandRun.OnAsync(hub, "relay", "resend", location.Id)).Output.ShouldContain(
            "Notifications that will be sent again: 1."
        );
        (await CommandRun.OnAsync(hub, "relay", "start", location.Id)).Output.ShouldContain("running");
    }

    private static async Task<string> UntilListedAsync(HubHost hub, Func<JsonElement, bool> condition)
    {
        var listed = "";
        await Until.TrueAsync(
            async () =>
            {
                listed = await hub.Http.GetStringAsync("/admin/relay-targets");
                return condition(JsonDocument.Parse(listed).RootElement.GetProperty("items")[0]);
            },
            "the target has the expected status"
        );
        return listed;
    }

    private static async Task<long> CountAsync(TestHub hub, string rows)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        return await Dapper.SqlMapper.ExecuteScalarAsync<long>(connection, $"select count(*) from {rows}");
    }

    private async Task<WebApplication> StartMdmAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var mdm = builder.Build();
        mdm.MapPost(
            "/notify",
            async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                var body = await reader.ReadToEndAsync();
                var authorization = request.Headers.Authorization.ToString();
                if (authorization != $"Bearer {accepted}")
                {
                    return Results.Unauthorized();
                }

                received.Enqueue((body, authorization));
                return Results.Ok();
            }
        );
        await mdm.StartAsync();
        return mdm;
    }
}
