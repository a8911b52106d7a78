using System.Net;
using Azure.Messaging.ServiceBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class AccessTests
{
    private const string Key = "test-key";

    [Fact]
    public async Task A_token_for_one_topic_permits_that_topic()
    {
        await using var test = await BusAsync();
        await using var client = With(test, "hub", TestToken.InAnHour);

        await client.CreateSender("hub").SendMessageAsync(Message("1"));
        await Should.ThrowAsync<UnauthorizedAccessException>(
            client.CreateSender("assets").SendMessageAsync(Message("1"))
        );
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public Task A_wrong_key_is_rejected() => ShouldBeRejectedAsync("", TestToken.InAnHour, "another key");

    [Fact]
    public Task A_wrong_key_name_is_rejected() => ShouldBeRejectedAsync("", TestToken.InAnHour, Key, "Other");

    [Fact]
    public Task An_expired_token_is_rejected() => ShouldBeRejectedAsync("", TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task The_administration_also_compares_whole_path_segments()
    {
        await using var test = await BusAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{test.Bus.Endpoint.Authority}") };

        (await StatusAsync("ordered", "ordered/subscriptions")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("ordered", "ordered")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("", "ordered")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("order", "ordered")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync("ordered/subscriptions", "ordered")).ShouldBe(HttpStatusCode.Unauthorized);

        async Task<HttpStatusCode> StatusAsync(string covered, string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{path}");
            var token = TestToken.Sign(test.Bus, covered, TestToken.InAnHour, Key);
            request.Headers.TryAddWithoutValidation("Authorization", token).ShouldBeTrue();
            using var response = await http.SendAsync(request);
            return response.StatusCode;
        }
    }

    private static async Task ShouldBeRejectedAsync(
        string path,
        DateTimeOffset expiry,
        string key = Key,
        string name = TestToken.KeyName
    )
    {
        await using var test = await BusAsync();
        await using var client = With(test, path, expiry, key, name);

        var refused = await Should.ThrowAsync<UnauthorizedAccessException>(
            client.CreateSender("hub").SendMessageAsync(Message("1"))
        );
        refused.ToString().ShouldNotContain(Key);
        test.Bus.Violations.Count.ShouldBe(1);
        test.Bus.Violations.Single().ShouldNotContain(Key);
        test.Bus.Topic("hub").Accepted.ShouldBe(0);
    }

    private static Task<TestBus> BusAsync() => StartAsync(options => options with { Key = Key });

    private static ServiceBusClient With(
        TestBus test,
        string path,
        DateTimeOffset expiry,
        string key = Key,
        string name = TestToken.KeyName
    ) => Connect(TestToken.ConnectionString(test.Bus, TestToken.Sign(test.Bus, path, expiry, key, name)));
}
