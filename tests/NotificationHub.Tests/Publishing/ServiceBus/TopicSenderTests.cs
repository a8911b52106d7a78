using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Tests.LocalBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>The sender on the official SDK, against the local Service Bus over real sockets.</summary>
public sealed class TopicSenderTests : IAsyncLifetime
{
    private LocalServiceBus bus = null!;

    public async ValueTask InitializeAsync() => bus = await LocalServiceBus.StartAsync();

    public async ValueTask DisposeAsync() => await bus.DisposeAsync();

    [Fact]
    public async Task A_batch_arrives_in_order_with_its_properties()
    {
        await using var sender = Sender();

        (await sender.SendAsync("assets", [Message("1-1"), Message("1-2")], CancellationToken.None)).ShouldBe(
            new SendResult(2)
        );

        var messages = bus.Messages("assets", "inventory");
        messages.Select(message => message.MessageId).ShouldBe(["1-1", "1-2"]);
        var first = messages[0];
        (first.SessionId, first.PartitionKey, first.Subject, first.ContentType, first.Text).ShouldBe(
            ("north", null, "asset.changed", "application/cloudevents+json", "{}")
        );
        // The SDK adds no property of its own for tracing.
        first.Properties.Keys.ShouldBe(["audience", "traceparent"], ignoreOrder: true);
        bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_batch_arrives_over_WebSockets()
    {
        await using var sender = Sender(useWebSockets: true);

        await sender.SendAsync("assets", [Message("1-1", bytes: 100_000)], CancellationToken.None);

        bus.Messages("assets", "inventory").ShouldHaveSingleItem().Body.Length.ShouldBe(100_000);
    }

    [Fact]
    public async Task A_batch_contains_what_the_link_permits_and_the_rest_remains()
    {
        await using var sender = Sender();
        ServiceBusMessage[] messages = [.. Enumerable.Range(0, 10).Select(n => Message($"1-{n}", bytes: 60_000))];

        var (count, rejection) = await sender.SendAsync("assets", messages, CancellationToken.None);

        (count, rejection).ShouldBe((4, null));
        bus.Topic("assets").Accepted.ShouldBe(4);
        bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_too_large_for_a_batch_remains()
    {
        await using var sender = Sender();

        (await sender.SendAsync("assets", [Message("1-1", bytes: 300_000)], CancellationToken.None)).Count.ShouldBe(0);

        bus.Topic("assets").Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task An_empty_send_checks_the_right_to_send()
    {
        await using var sender = Sender();

        (await sender.SendAsync("assets", [], CancellationToken.None)).ShouldBe(default);

        bus.Topic("assets").Sends.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_during_a_shutdown_does_not_show_the_text_of_the_SDK()
    {
        await using var sender = Sender();
        using var stopping = new CancellationTokenSource();
        var messages = new[] { "1-1" }.Select(id =>
        {
            stopping.Cancel();
            return id.Length == 0 ? Message(id) : throw new UnauthorizedAccessException("sig=secret");
        });

        var failure = await Should.ThrowAsync<OperationCanceledException>(() =>
            sender.SendAsync("assets", messages, stopping.Token)
        );

        failure.ToString().ShouldNotContain("secret");
    }

    [Theory]
    [InlineData(AmqpConditions.EntityDisabled, nameof(TopicSendError.TopicDisabled), "The topic is disabled")]
    [InlineData(AmqpConditions.NotFound, nameof(TopicSendError.TopicNotFound), "The topic does not exist")]
    [InlineData(AmqpConditions.UnauthorizedAccess, nameof(TopicSendError.Unauthorized), "this identity or key")]
    [InlineData(AmqpConditions.ResourceLimitExceeded, nameof(TopicSendError.QuotaExceeded), "A quota is exceeded")]
    [InlineData(AmqpConditions.ServerBusy, nameof(TopicSendError.Busy), "Service Bus is busy")]
    [InlineData(AmqpConditions.Timeout, nameof(TopicSendError.Timeout), "did not respond in time")]
    [InlineData(AmqpConditions.InternalError, nameof(TopicSendError.Failed), "Service Bus failed")]
    [InlineData("com.example:unheard-of", nameof(TopicSendError.Failed), "Service Bus failed")]
    public async Task A_rejection_that_is_not_about_the_content_stops_the_topic(
        string condition,
        string error,
        string reason
    )
    {
        await using var sender = Sender();
        // Twice, because the SDK reports some of them like a closed link, which the sender retries.
        bus.Faults.Next(BusFault.Reject(condition), BusFault.Reject(condition));

        var failure = await FailureAsync(sender);

        failure.Error.ToString().ShouldBe(error);
        failure.Message.ShouldContain(reason, Case.Sensitive);
        failure.RetryAfter.ShouldBe(condition == AmqpConditions.ServerBusy ? TimeSpan.FromSeconds(10) : null);
        bus.Topic("assets").Accepted.ShouldBe(0);
    }

    [Theory]
    [InlineData(AmqpConditions.ArgumentError, "not well formed")]
    [InlineData(AmqpConditions.ArgumentOutOfRange, "not well formed")]
    [InlineData(AmqpConditions.NotAllowed, "not allowed")]
    [InlineData(AmqpConditions.MessageSizeExceeded, "too large")]
    public async Task A_rejection_of_the_content_names_the_batch(string condition, string reason)
    {
        await using var sender = Sender();
        bus.Faults.Next(BusFault.Reject(condition), BusFault.Reject(condition));

        var (count, rejection) = await sender.SendAsync(
            "assets",
            [Message("1-1"), Message("1-2")],
            CancellationToken.None
        );

        (count, rejection).ShouldBe((2, $"Service Bus rejected the content ({reason})."));
    }

    [Fact]
    public async Task A_single_message_that_Service_Bus_finds_too_large_remains()
    {
        await using var sender = Sender();
        bus.Faults.Next(BusFault.Reject(AmqpConditions.MessageSizeExceeded));

        (await sender.SendAsync("assets", [Message("1-1")], CancellationToken.None)).ShouldBe(default);
    }

    [Theory]
    [InlineData(AmqpConditions.EntityDisabled, nameof(TopicSendError.TopicDisabled))]
    [InlineData(AmqpConditions.NotFound, nameof(TopicSendError.TopicNotFound))]
    [InlineData(AmqpConditions.UnauthorizedAccess, nameof(TopicSendError.Unauthorized))]
    public async Task The_reason_is_known_even_if_the_link_is_closed_during_a_send(string condition, string error)
    {
        await using var sender = Sender();
        await sender.SendAsync("assets", [Message("1-1")], CancellationToken.None);
        bus.Faults.Refuse("assets", condition);

        (await FailureAsync(sender)).Error.ToString().ShouldBe(error);

        bus.Faults.Restore("assets");
        (await sender.SendAsync("assets", [Message("1-2")], CancellationToken.None)).ShouldBe(new SendResult(1));
    }

    [Fact]
    public async Task A_moved_link_or_a_cut_connection_causes_no_failure()
    {
        await using var sender = Sender();
        BusFault[] faults = [BusFault.Detach(AmqpConditions.DetachForced), BusFault.Cut, BusFault.LostResponse];
        for (var number = 0; number < faults.Length; number++)
        {
            bus.Faults.Next(faults[number]);
            (await sender.SendAsync("assets", [Message($"1-{number}")], CancellationToken.None)).ShouldBe(
                new SendResult(1)
            );
        }

        bus.Messages("assets", "inventory").Select(message => message.MessageId).ShouldBe(["1-0", "1-1", "1-2"]);
        bus.Topic("assets").Duplicates.ShouldBe(1, "the batch whose response was lost is sent again");
    }

    [Fact]
    public async Task A_send_without_a_response_ends_at_the_time_limit()
    {
        await using var sender = Sender(timeout: TimeSpan.FromSeconds(1));
        bus.Faults.Next(BusFault.NoResponse);

        var failure = await FailureAsync(sender);

        failure.Error.ShouldBe(TopicSendError.Timeout);
    }

    [Fact]
    public async Task After_server_busy_the_next_send_reaches_the_bus()
    {
        // The SDK would delay each send by ten seconds; two sends take less.
        await using var sender = Sender(timeout: TimeSpan.FromSeconds(4));
        bus.Faults.Next(BusFault.Reject(AmqpConditions.ServerBusy));
        (await FailureAsync(sender)).Error.ShouldBe(TopicSendError.Busy);

        // The SDK ends its delay on the thread pool. On a busy machine, the next send may come before that.
        for (var attempt = 0; attempt < 2 && bus.Topic("assets").Accepted == 0; attempt++)
        {
            await Record.ExceptionAsync(() => sender.SendAsync("assets", [Message("1-1")], CancellationToken.None));
        }

        bus.Topic("assets").Accepted.ShouldBe(1);
    }

    [Fact]
    public async Task An_outage_is_reported_as_unreachable_and_sends_succeed_after_it()
    {
        await using var sender = Sender();
        await bus.StopListeningAsync();

        var failure = await FailureAsync(sender);
        failure.Error.ShouldBe(TopicSendError.Unreachable);

        await bus.ResumeListeningAsync();
        (await sender.SendAsync("assets", [Message("1-1")], CancellationToken.None)).ShouldBe(new SendResult(1));
    }

    [Fact]
    public async Task A_wrong_key_is_reported_without_the_key()
    {
        var key = bus.ConnectionString.Split("SharedAccessKey=")[1].Split(';')[0];
        await using var sender = Sender(
            connectionString: bus.ConnectionString.Replace(key, "d3Jvbmcta2V5", StringComparison.Ordinal)
        );

        var failure = await FailureAsync(sender);

        failure.Error.ShouldBe(TopicSendError.Unauthorized);
        failure.Message.ShouldNotContain("d3Jvbmcta2V5");
        failure.Message.ShouldNotContain("sig=");
    }

    [Fact]
    public async Task An_expired_token_is_unauthorized()
    {
        var key = bus.ConnectionString.Split("SharedAccessKey=")[1].Split(';')[0];
        var token = TestToken.Sign(bus, "", TimeProvider.System.GetUtcNow(), key);
        await using var sender = Sender(connectionString: TestToken.ConnectionString(bus, token));

        var failure = await FailureAsync(sender);

        failure.Error.ShouldBe(TopicSendError.Unauthorized);
        failure.Message.ShouldBe("Service Bus does not accept this identity or key.");
        bus.Violations.ShouldHaveSingleItem().ShouldContain("expired");
    }

    [Fact]
    public async Task A_canceled_send_is_not_a_failure_of_the_topic()
    {
        await using var sender = Sender();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(
            sender.SendAsync("assets", [Message("1-1")], canceled.Token)
        );
    }

    private static async Task<TopicSendException> FailureAsync(TopicSender sender)
    {
        var failure = await Should.ThrowAsync<TopicSendException>(
            sender.SendAsync("assets", [Message("9-9")], CancellationToken.None)
        );
        failure.Message.ShouldNotContain("aka.ms");
        failure.Message.ShouldNotContain("troubleshooting");
        failure.Message.ShouldNotContain(failure.InnerException is ServiceBusException e ? $"({e.Reason})" : "aka.ms");
        return failure;
    }

    private TopicSender Sender(TimeSpan? timeout = null, string? connectionString = null, bool useWebSockets = false) =>
        TestSender.On(
            bus,
            options =>
            {
                options.ConnectionString = connectionString ?? options.ConnectionString;
                options.SendTimeout = timeout ?? options.SendTimeout;
                options.UseWebSockets = useWebSockets;
            }
        );

    private static ServiceBusMessage Message(string id, int bytes = 0) =>
        new(bytes == 0 ? "{}" : new string('x', bytes))
        {
            MessageId = id,
            SessionId = "north",
            Subject = "asset.changed",
            ContentType = "application/cloudevents+json",
            ApplicationProperties = { ["audience"] = "all", ["traceparent"] = "00-aa-bb-01" },
        };
}
