using System.Net;
using System.Text;
using Alba;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>The table of the intake's responses, row by row.</summary>
public sealed class IntakeEndpointTests : IAsyncLifetime
{
    private const string UId = "2049025000431439";

    private ScenarioHub hub = null!;
    private TestLocation location = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await ScenarioHub.StartAsync("Intake:MaxRejectedPerLocation=3");
        location = await hub.AddLocationAsync(UId);
    }

    public async ValueTask DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_delivery_is_stored_and_answered_200_with_an_empty_body()
    {
        var body = TestLocation.Notification("n-1");

        await hub.ScenarioAsync(delivery =>
        {
            delivery.Deliver(location, body);
            delivery.StatusCodeShouldBe(HttpStatusCode.OK);
            delivery.ContentShouldBe("");
        });

        var entry = (await LogAsync()).ShouldHaveSingleItem();
        entry.NotificationId.ShouldBe("n-1");
        entry.NotificationType.ShouldBe("TEST_NOTIFICATION");
        entry.UId.ShouldBe(UId);
        entry.LocationId.ShouldBe(location.Id);
        Encoding.UTF8.GetString(entry.Body).ShouldBe(body);
        entry.Disposition.ShouldBe(Disposition.Accepted);
        entry.Conflict.ShouldBeFalse();
        entry.RemoteAddress.ShouldBe("127.0.0.1");
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("application/json", null)]
    [InlineData("application/json; charset=utf-8", "application/json; charset=utf-8")]
    public async Task The_content_type_is_stored_unless_it_is_plain_JSON(string? header, string? stored)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(TestLocation.Notification("n-1")));
        if (header is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", header);
        }

        using var response = await location.PostAsync(content, location.Secret);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await LogAsync()).ShouldHaveSingleItem().ContentType.ShouldBe(stored);
    }

    [Fact]
    public async Task Simultaneous_repeats_are_answered_200_and_stored_once()
    {
        var responses = Enumerable.Range(0, 20).Select(_ => location.PostAsync(TestLocation.Notification("n-1")));

        foreach (var response in await Task.WhenAll(responses))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await LogAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_id_with_another_body_is_stored_and_flagged_as_conflict()
    {
        await DeliverAsync(location, TestLocation.Notification("n-1"));
        await DeliverAsync(location, TestLocation.Notification("n-1", type: "ASSET_COUNT"));
        await DeliverAsync(location, TestLocation.Notification("n-1", type: "ASSET_COUNT"));

        (await LogAsync()).Select(entry => entry.Conflict).ShouldBe([false, true]);
    }

    [Fact]
    public async Task The_same_id_for_another_location_is_another_notification()
    {
        var other = await hub.AddLocationAsync();

        await DeliverAsync(location, TestLocation.Notification("n-1"));
        await DeliverAsync(other, TestLocation.Notification("n-1"));

        (await LogAsync())
            .Select(entry => (entry.LocationId, entry.Conflict))
            .ShouldBe([(location.Id, false), (other.Id, false)]);
    }

    [Theory]
    [InlineData(
        """{"notificationId":"a","notificationType":"SOMETHING_NEW","notification":{"x":1},"uId":"2049025000431439"}"""
    )]
    [InlineData(
        """{"notificationId":"a","notificationType":"TEST_NOTIFICATION","more":[{"y":{}}],"notification":null}"""
    )]
    [InlineData("""{"notificationId":"a","notificationType":"TEST_NOTIFICATION","uId":null}""")]
    [InlineData("""{"notificationId":"a","notificationType":"TEST_NOTIFICATION","uId":2049025000431439}""")]
    [InlineData("\uFEFF{\"notificationId\":\"a\",\"notificationType\":\"T\"}")]
    [InlineData("""{"notificationId":"\u0061","notificationType":"T"}""")]
    public async Task Unknown_types_and_members_and_a_missing_uId_are_stored_raw(string body)
    {
        await DeliverAsync(location, body);

        var entry = (await LogAsync()).ShouldHaveSingleItem();
        // Routing may have processed it already; it does not know the type.
        entry.Disposition.ShouldBeOneOf(Disposition.Accepted, Disposition.Unrecognized);
        entry.NotificationId.ShouldBe("a");
        entry.Body.ShouldBe(Encoding.UTF8.GetBytes(body));
    }

    [Fact]
    public async Task A_delivery_with_the_uId_of_another_location_is_answered_200_and_quarantined()
    {
        await DeliverAsync(location, TestLocation.Notification("n-1", uId: "999"));

        (await LogAsync()).ShouldHaveSingleItem().Disposition.ShouldBe(Disposition.Quarantined);
    }

    [Fact]
    public async Task Rejected_deliveries_are_stored_up_to_the_quota_and_repeats_do_not_count()
    {
        for (var i = 0; i < 5; i++)
        {
            await DeliverAsync(location, $"[{i}]", HttpStatusCode.BadRequest);
            await DeliverAsync(location, $"[{i}]", HttpStatusCode.BadRequest);
        }

        var kept = await LogAsync();
        kept.Select(entry => Encoding.UTF8.GetString(entry.Body)).ShouldBe(["[0]", "[1]", "[2]"]);
        kept.ShouldAllBe(entry => entry.Disposition == Disposition.Rejected && entry.Error != null);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Any_other_method_is_answered_405(string method) =>
        await hub.ScenarioAsync(request =>
        {
            request.Send(new HttpMethod(method), location.Path);
            request.StatusCodeShouldBe(HttpStatusCode.MethodNotAllowed);
        });

    [Fact]
    public async Task A_body_of_one_MiB_is_stored_and_one_byte_more_is_answered_413_with_or_without_a_length()
    {
        await using var server = await HubHost.StartAsync();
        var sender = await server.AddLocationAsync();

        var longest = Padded(1024 * 1024);
        (await sender.PostAsync(longest)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var tooLong = Padded((1024 * 1024) + 1);
        (await sender.PostAsync(tooLong)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var chunked = new StreamContent(new UnseekableStream(tooLong));
        (await sender.PostAsync(chunked, sender.Secret)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);

        (await LogAsync(server)).ShouldHaveSingleItem().Body.ShouldBe(longest);
    }

    [Fact]
    public async Task A_secret_that_another_process_has_stored_is_accepted_without_a_restart()
    {
        await location.AddSecretAsync("another-secret");

        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        HttpStatusCode status;
        do
        {
            giveUp.Token.ThrowIfCancellationRequested();
            using var content = new StringContent(TestLocation.Notification("n-1"));
            status = (await location.PostAsync(content, "another-secret")).StatusCode;
        } while (status != HttpStatusCode.OK);
    }

    private Task DeliverAsync(TestLocation to, string body, HttpStatusCode status = HttpStatusCode.OK) =>
        hub.ScenarioAsync(delivery =>
        {
            delivery.Deliver(to, body);
            delivery.StatusCodeShouldBe(status);
        });

    private Task<IReadOnlyList<NotificationEntry>> LogAsync() => LogAsync(hub);

    private static async Task<IReadOnlyList<NotificationEntry>> LogAsync(TestHub from)
    {
        await using var connection = await from.Database.OpenReaderAsync(CancellationToken.None);
        return await NotificationLog.ReadPageAsync(connection, 0, 100, CancellationToken.None);
    }

    private static byte[] Padded(int length)
    {
        const string start = """{"notificationId":"big","notificationType":"T","x":" """;
        return Encoding.UTF8.GetBytes(start + new string('x', length - start.Length - 2) + "\"}");
    }

    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
