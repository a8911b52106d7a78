using Azure.Messaging.ServiceBus;
using NotificationHub.CommandLine;
using NotificationHub.LocalBus;
using NotificationHub.Publishing;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Publishing;

/// <summary>The dead-letter queues of a local Service Bus, through the commands and the SDK.</summary>
public sealed class SubscriptionDeadLettersTests : IAsyncLifetime
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private LocalServiceBus bus = null!;
    private ServiceBusClient client = null!;
    private TestDatabase test = null!;

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync();
        client = new ServiceBusClient(bus.ConnectionString);
        test = await TestDatabase.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await bus.DisposeAsync();
        await test.DisposeAsync();
    }

    [Theory]
    [InlineData("assets", "inventory")]
    [InlineData("assets", "deployment")]
    public async Task A_resent_message_reaches_only_its_subscription_and_leaves_the_dead_letter_queue(
        string topic,
        string subscription
    )
    {
        await DeadLetterAsync(topic, subscription, "1-1", "1-2", "1-3");
        await DrainAsync(topic, subscription == "inventory" ? "deployment" : "inventory");

        var list = await RunAsync("list", topic, subscription, "--json");
        var seqs = list.Json.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("seq").GetInt64());
        var second = $"{seqs.ElementAt(1)}";
        var shown = await RunAsync("show", topic, subscription, second);
        var preview = await RunAsync("resend", topic, subscription, second, "--dry-run");
        var resent = await RunAsync("resend", topic, subscription, second);
        var again = await RunAsync("resend", topic, subscription, second);

        shown.Output.ShouldContain("odd");
        shown.Output.ShouldContain("{\"number\":\"1-2\"}");
        preview.ExitCode.ShouldBe(ExitCode.Ok);
        resent.ExitCode.ShouldBe(ExitCode.Ok, resent.Error);
        again.ExitCode.ShouldBe(ExitCode.NotFound);
        var received = await DrainAsync(topic, subscription);
        var message = received.ShouldHaveSingleItem();
        message.MessageId.ShouldBe($"1-2.d{second}");
        message.Body.ToString().ShouldBe("{\"number\":\"1-2\"}");
        message.ApplicationProperties["audience"].ShouldBe(subscription);
        message.ApplicationProperties.Keys.ShouldNotContain("DeadLetterReason");
        (await DrainAsync(topic, subscription == "inventory" ? "deployment" : "inventory")).ShouldBeEmpty();
        (await DeadIdsAsync(topic, subscription)).ShouldBe(["1-1", "1-3"]);
        bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crash_before_the_completion_repeats_a_message_that_duplicate_detection_drops()
    {
        await DeadLetterAsync("users", "identity", "1-1");
        await using var sender = client.CreateSender("users");
        await using var receiver = Dead("users", "identity");
        var dead = (await receiver.PeekMessageAsync()).ShouldNotBeNull();
        // The send of a resend that crashed before it completed the dead letter.
        await sender.SendMessageAsync(SubscriptionDeadLetters.CreateResubmission(dead, "identity", TestActor.Operator));

        var resent = await RunAsync("resend", "users", "identity", "--all");

        resent.ExitCode.ShouldBe(ExitCode.Ok, resent.Error);
        (await DrainAsync("users", "identity")).Count.ShouldBe(1);
        (await DeadIdsAsync("users", "identity")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_that_is_dead_lettered_again_can_be_resent_again()
    {
        await DeadLetterAsync("users", "identity", "1-1");
        await RunAsync("resend", "users", "identity", "--all");
        await using (var receiver = client.CreateReceiver("users", "identity"))
        {
            var message = (await receiver.ReceiveMessageAsync(Wait)).ShouldNotBeNull();
            await receiver.DeadLetterMessageAsync(message, "odd");
        }

        var resent = await RunAsync("resend", "users", "identity", "--type=user.changed");

        resent.ExitCode.ShouldBe(ExitCode.Ok, resent.Error);
        (await DrainAsync("users", "identity")).ShouldHaveSingleItem().MessageId.ShouldMatch(@"^1-1\.d\d+$");
    }

    [Fact]
    public async Task Discarded_messages_are_deleted_and_the_reason_is_audited()
    {
        await DeadLetterAsync("users", "identity", "1-1", "1-2");

        var discarded = await RunAsync("discard", "users", "identity", "--all", "--reason=test data");

        discarded.ExitCode.ShouldBe(ExitCode.Ok, discarded.Error);
        (await DeadIdsAsync("users", "identity")).ShouldBeEmpty();
        (await DrainAsync("users", "identity")).ShouldBeEmpty();
        (await test.QueryAsync<string>("select subject || ' | ' || detail from audit_entry")).ShouldBe([
            "subscription users/identity: all | 2 messages: test data",
        ]);
    }

    [Fact]
    public async Task Without_the_right_to_receive_the_error_names_the_role_and_the_entity()
    {
        var wrong = bus.ConnectionString.Replace("AccessKey=", "AccessKey=other", StringComparison.Ordinal);

        var run = await RunOnAsync(wrong, "list", "users", "identity");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("Azure Service Bus Data Receiver on users/Subscriptions/identity");
    }

    [Fact]
    public async Task A_subscription_that_does_not_exist_is_not_found() =>
        (await RunAsync("list", "users", "weather")).ExitCode.ShouldBe(ExitCode.NotFound);

    private Task<CommandRun> RunAsync(string command, string topic, string subscription, params string[] options) =>
        RunOnAsync(bus.ConnectionString, command, topic, subscription, options);

    private Task<CommandRun> RunOnAsync(
        string connection,
        string command,
        string topic,
        string subscription,
        params string[] options
    ) =>
        CommandRun.OnAsync(
            test.File,
            [
                "dead-letters",
                command,
                $"--topic={topic}",
                $"--subscription={subscription}",
                .. options,
                $"--ServiceBus:ConnectionString={connection}",
            ]
        );

    private async Task DeadLetterAsync(string topic, string subscription, params string[] ids)
    {
        await using var sender = client.CreateSender(topic);
        foreach (var id in ids)
        {
            await sender.SendMessageAsync(
                new ServiceBusMessage($$"""{"number":"{{id}}"}""")
                {
                    MessageId = id,
                    SessionId = "north",
                    Subject = $"notificationhub.{topic.TrimEnd('s')}.changed.v1",
                    ApplicationProperties = { ["audience"] = "all", ["location"] = "north" },
                }
            );
        }

        await using var receiver = await ReceiverAsync(topic, subscription);
        foreach (var _ in ids)
        {
            var message = (await receiver.ReceiveMessageAsync(Wait)).ShouldNotBeNull();
            await receiver.DeadLetterMessageAsync(message, "odd");
        }
    }

    private async Task<ServiceBusReceiver> ReceiverAsync(string topic, string subscription) =>
        bus.Subscription(topic, subscription).RequiresSession
            ? await client.AcceptSessionAsync(topic, subscription, "north")
            : client.CreateReceiver(topic, subscription);

    private async Task<IReadOnlyList<ServiceBusReceivedMessage>> DrainAsync(string topic, string subscription)
    {
        List<ServiceBusReceivedMessage> messages = [];
        await using var receiver = await ReceiverAsync(topic, subscription);
        while (bus.Subscription(topic, subscription).QueueCount > 0)
        {
            var message = (await receiver.ReceiveMessageAsync(Wait)).ShouldNotBeNull();
            await receiver.CompleteMessageAsync(message);
            messages.Add(message);
        }

        return messages;
    }

    private ServiceBusReceiver Dead(string topic, string subscription) =>
        client.CreateReceiver(topic, subscription, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });

    private async Task<IEnumerable<string>> DeadIdsAsync(string topic, string subscription)
    {
        await using var receiver = Dead(topic, subscription);
        return (await receiver.PeekMessagesAsync(100)).Select(message => message.MessageId);
    }
}
