using System.Security.Cryptography;
using System.Text;
using Azure.Messaging.ServiceBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class AccessTests
{
    private const string Key = "a key that only the tests know";
    private const string KeyName = "RootManageSharedAccessKey";
    private static readonly DateTimeOffset InAnHour = TimeProvider.System.GetUtcNow().AddHours(1);

    [Fact]
    public async Task A_token_for_the_topic_alone_is_enough_for_it()
    {
        await using var test = await BusAsync();
        await using var client = With(test, "hub", InAnHour);

        await client.CreateSender("hub").SendMessageAsync(Message("1"));
        await Should.ThrowAsync<UnauthorizedAccessException>(
            client.CreateSender("assets").SendMessageAsync(Message("1"))
        );
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public Task Another_key_is_refused() => ShouldBeRefused("", InAnHour, "another key");

    [Fact]
    public Task Another_key_name_is_refused() => ShouldBeRefused("", InAnHour, Key, "Other");

    [Fact]
    public Task An_expired_token_is_refused() => ShouldBeRefused("", TimeProvider.System.GetUtcNow());

    private static async Task ShouldBeRefused(
        string path,
        DateTimeOffset expiry,
        string key = Key,
        string name = KeyName
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
        string name = KeyName
    )
    {
        var resource = Uri.EscapeDataString(test.Bus.Endpoint + path);
        var seconds = expiry.ToUnixTimeSeconds();
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{resource}\n{seconds}"));
        var signature = Uri.EscapeDataString(Convert.ToBase64String(hash));
        return Connect(
            $"Endpoint={test.Bus.Endpoint};UseDevelopmentEmulator=true;SharedAccessSignature="
                + $"SharedAccessSignature sr={resource}&sig={signature}&se={seconds}&skn={name}"
        );
    }
}
