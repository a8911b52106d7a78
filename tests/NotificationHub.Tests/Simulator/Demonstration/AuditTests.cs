using Azure.Messaging.ServiceBus;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Tests.Simulator.Demonstration;

/// <summary>An audit is worth something only if it can fail: these tests tamper with the data between run and audit.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private readonly DemonstrationOptions options = new()
    {
        Devices = 20,
        Apps = 2,
        Json = true,
    };

    private DemonstrationFolder folder = null!;
    private Demonstrator demonstrator = null!;

    public async ValueTask InitializeAsync()
    {
        folder = DemonstrationFolder.Open(options);
        demonstrator = await Demonstrator.StartAsync(options, folder, CancellationToken.None);
        using var view = ProgressView.On(TextWriter.Null, options);
        await demonstrator.PlayAsync(view, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await demonstrator.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task An_untouched_run_passes()
    {
        var summary = await SummarizeAsync();

        summary.ExitCode.ShouldBe(0);
        summary.ResultLine.ShouldBe("lost: 0, duplicated: 0");
    }

    [Fact]
    public async Task A_deleted_notification_is_lost()
    {
        await ExecuteAsync("delete from notification_log where seq = 2");

        await ShouldFailAsync(lost: 1, duplicated: 0);
    }

    [Fact]
    public async Task A_notification_that_is_stored_twice_is_duplicated()
    {
        await ExecuteAsync(
            """
            insert into notification_log
                (location_id, dedup_hash, notification_id, body_sha256, body_hash, received_at, disposition, conflict, body)
            select location_id, dedup_hash, notification_id, body_sha256, body_hash, received_at, 1, conflict, body
            from notification_log
            where seq = 2
            """
        );

        await ShouldFailAsync(lost: 0, duplicated: 1);
    }

    [Fact]
    public async Task A_deleted_event_is_lost_and_its_message_is_unexpected()
    {
        await ExecuteAsync(
            "delete from event_log where seq = (select max(seq) from event_log where notification_seq > 0)"
        );

        var summary = await ShouldFailAsync(lost: 1, duplicated: 0);
        summary.Unexpected.ShouldBe(2, "two subscriptions deliver the message");
    }

    [Fact]
    public async Task A_message_that_another_receiver_took_is_lost()
    {
        await using var client = new ServiceBusClient(demonstrator.Bus.ConnectionString);
        await using var other = client.CreateReceiver(
            "assets",
            "inventory",
            new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete }
        );
        (await other.ReceiveMessageAsync()).ShouldNotBeNull();

        await ShouldFailAsync(lost: 1, duplicated: 0);
    }

    [Fact]
    public async Task A_message_that_arrives_twice_is_duplicated()
    {
        var operations = demonstrator.Bus.Subscription("hub", "operations");
        operations.Offer(operations.Messages[0]);

        await ShouldFailAsync(lost: 0, duplicated: 1);
    }

    [Fact]
    public async Task A_late_message_from_another_sender_is_unexpected_and_out_of_order()
    {
        await using var client = new ServiceBusClient(demonstrator.Bus.ConnectionString);
        await using var sender = client.CreateSender("assets");
        var location = demonstrator.Bus.Messages("assets", "deployment")[^1].SessionId;
        await sender.SendMessageAsync(
            new ServiceBusMessage("{}")
            {
                MessageId = "1-0",
                SessionId = location,
                Subject = "late",
                ApplicationProperties = { ["audience"] = "all" },
            }
        );

        var summary = await ShouldFailAsync(lost: 0, duplicated: 0);
        summary.OutOfOrder.ShouldBe(2, "both subscriptions deliver it, with sessions and without");
        summary.Unexpected.ShouldBe(2);
    }

    [Fact]
    public async Task A_notification_that_is_not_routed_is_left_over()
    {
        await ExecuteAsync("update notification_log set disposition = 3 where seq = 2");

        var summary = await SummarizeAsync();

        summary.LeftOver.ShouldBe(1);
        summary.ExitCode.ShouldBe(1);
    }

    private async Task<Summary> ShouldFailAsync(long lost, long duplicated)
    {
        var summary = await SummarizeAsync();
        (summary.Lost, summary.Duplicated, summary.ExitCode).ShouldBe((lost, duplicated, 1), summary.ResultLine);
        return summary;
    }

    private Task<Summary> SummarizeAsync() => demonstrator.SummarizeAsync(CancellationToken.None);

    private Task ExecuteAsync(string sql) =>
        demonstrator.Database.WriteAsync(
            async transaction => (await transaction.ExecuteAsync(sql)).ShouldBe(1),
            CancellationToken.None
        );
}
