using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class DeadLetterPagesTests(Chromium chromium) : ConsoleTests(chromium, hasBus: true)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_event_is_inspected_and_sent_again()
    {
        await Hub.PublishAsync(3);
        await Hub.RejectAsync(2);

        await Tab.GotoAsync("/console");
        await Assertions.Expect(Page.Locator(".attention")).ToContainTextAsync("open dead letters: 1");
        await Tab.CheckAsync("/console/dead-letters");
        await Page.GetByRole(AriaRole.Link, new() { Name = "2", Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("pre")).ToContainTextAsync("\"number\": 2");
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("The message is malformed.");
        await Tab.CheckAsync("/console/dead-letters/2");
        await ClickAsync("Resend");

        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("rese");
        await Until.TrueAsync(async () => await StateOfAsync(2) == DeadLetterState.Resent, "the event is sent again");
        var audit = await Hub.ReadAuditAsync();
        audit
            .Count(entry => entry is { Action: "dead-letters show", Subject: "dead letter 2", Location: "north" })
            .ShouldBe(4);
        var resend = audit.Where(entry => entry.Action == "dead-letters resend").ShouldHaveSingleItem();
        (resend.Origin, resend.Subject, resend.Outcome).ShouldBe(
            ("console from 127.0.0.1", "event 2", AuditOutcome.Succeeded)
        );
    }

    [Fact]
    public async Task An_event_is_discarded_only_with_a_reason()
    {
        await Hub.PublishAsync(1);
        await Hub.RejectAsync(1);
        await Tab.GotoAsync("/console/dead-letters/1");

        await ClickAsync("Discard");
        await Assertions.Expect(Page.Locator("#Reason")).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(Page.Locator("#Reason-error")).ToContainTextAsync("must say why");
        await Tab.CheckPageAsync("an error at a field");
        (await StateOfAsync(1)).ShouldBe(DeadLetterState.Open);
        await Page.GetByLabel("Reason for discarding").FillAsync("test data");
        await ClickAsync("Discard");

        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("discarded");
        (await StateOfAsync(1)).ShouldBe(DeadLetterState.Discarded);
        var entry = (await Hub.ReadAuditAsync())
            .Where(entry => entry.Action == "dead-letters discard")
            .ShouldHaveSingleItem();
        (entry.Detail, entry.Origin).ShouldBe(("test data", "console from 127.0.0.1"));
    }

    [Fact]
    public async Task Several_events_are_chosen_in_the_list()
    {
        await Hub.PublishAsync(4);
        await Hub.RejectAsync(1, 2, 3, 4);
        await Tab.GotoAsync("/console/dead-letters?topic=assets");

        await ClickAsync("Resend");
        await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("specify either seqs");
        await Page.GetByLabel("Choose 1").CheckAsync();
        await Page.GetByLabel("Choose 3").CheckAsync();
        await ClickAsync("Resend");
        await Assertions.Expect(Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("2 queued for resending.");
        await Page.GetByLabel("All open dead letters of assets").CheckAsync();
        await Page.GetByLabel("Reason for discarding").FillAsync("test data");
        await ClickAsync("Discard");

        await Assertions.Expect(Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("2 discarded.");
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("No dead letter matches the filter.");
        await Tab.CheckPageAsync("an empty list after a decision");
        (await StateOfAsync(2)).ShouldBe(DeadLetterState.Discarded);
        (await StateOfAsync(4)).ShouldBe(DeadLetterState.Discarded);
        await Tab.CheckAsync("/console/dead-letters?state=all");
    }

    [Fact]
    public async Task A_decision_that_comes_too_late_changes_nothing_and_says_so()
    {
        await Hub.PublishAsync(1);
        await Hub.RejectAsync(1);
        await Tab.GotoAsync("/console/dead-letters/1");
        await Hub
            .Services.GetRequiredService<DeadLetterStore>()
            .DiscardAsync(1, "odd", TestActor.Operator, CancellationToken.None);

        await ClickAsync("Resend");

        await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("already resolved");
        (await StateOfAsync(1)).ShouldBe(DeadLetterState.Discarded);
    }

    [Fact]
    public async Task Messages_of_a_subscription_are_inspected_sent_again_and_discarded()
    {
        await Hub.PublishAsync(3);
        await DeadLetterAsync(3);

        await Tab.CheckAsync("/console/dead-letters/assets/inventory");
        var letters = Page.Locator("tbody tr");
        await Assertions.Expect(letters).ToHaveCountAsync(3);
        await letters.Nth(1).GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(Page.Locator("pre")).ToContainTextAsync("\"number\": 2");
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("text-of-a-consumer");
        await Tab.CheckAsync(new Uri(Page.Url).AbsolutePath);
        await Tab.GotoAsync("/console/dead-letters/assets/inventory");
        await letters.Nth(1).GetByRole(AriaRole.Checkbox).CheckAsync();
        await ClickAsync("Resend");
        await Assertions.Expect(Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("1 resent.");
        await Assertions.Expect(letters).ToHaveCountAsync(2);
        Bus.Subscription("assets", "inventory").QueueCount.ShouldBe(1);
        await Page.GetByLabel("All messages in this queue").CheckAsync();
        await Page.GetByLabel("Reason for discarding").FillAsync("test data");
        await ClickAsync("Discard");

        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("The queue is empty.");
        (await Hub.ReadAuditAsync())
            .Where(entry => entry.Action is "dead-letters resend" or "dead-letters discard")
            .Select(entry => $"{entry.Action}: {entry.Subject}: {entry.Detail}")
            .ShouldBe(
                [
                    "dead-letters resend: subscription assets/inventory: 1 chosen: 1 messages",
                    "dead-letters discard: subscription assets/inventory: all: 2 messages: test data",
                ],
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task Without_the_right_to_receive_the_page_names_the_role()
    {
        await using var other = await HubHost.StartAsync(
            $"ServiceBus:ConnectionString={Bus.ConnectionString.Replace("AccessKey=", "AccessKey=other", StringComparison.Ordinal)}"
        );
        await using var opened = await Chromium.OpenAsync(other.Http.BaseAddress!);

        await opened.CheckAsync("/console/dead-letters/assets/inventory");

        await Assertions
            .Expect(opened.Page.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("Azure Service Bus Data Receiver on assets/Subscriptions/inventory");
    }

    [Fact]
    public async Task A_subscription_or_message_that_does_not_exist_is_not_found()
    {
        (await Tab.GotoAsync("/console/dead-letters/assets/weather")).Status.ShouldBe(404);
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("no subscription assets/weather");
        (await Tab.GotoAsync("/console/dead-letters/assets/inventory/7")).Status.ShouldBe(404);
        (await Tab.GotoAsync("/console/dead-letters/7")).Status.ShouldBe(404);
        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("There is no dead letter 7.");
    }

    [Fact]
    public async Task The_role_Read_sees_no_event_and_changes_nothing()
    {
        await using var production = await HubHost.StartAsync(ConsoleKeys.Settings);
        await production.AppendAsync(1);
        await production.RejectAsync(1);
        await using var reader = await Chromium.OpenAsync(production.Http.BaseAddress!);
        await reader.GotoAsync("/console/dead-letters/1");
        await reader.SignInAsync(ConsoleKeys.Reading);

        await Assertions.Expect(reader.Page.Locator("h1")).ToHaveTextAsync("Dead letter 1");
        await Assertions.Expect(reader.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("The message is malformed.");
        await Assertions.Expect(reader.Page.Locator("main form")).ToHaveCountAsync(0);
        (await reader.Page.ContentAsync()).ShouldNotContain("\"number\"");
        await reader.CheckAsync("/console/dead-letters/1");
        (await reader.SubmitAsync("/console/dead-letters/1", "resend")).ShouldBe(400);
        (await reader.SubmitAsync("/console/dead-letters", "decide")).ShouldBe(400);
        (await StateOfAsync(1, production)).ShouldBe(DeadLetterState.Open);
        (await production.ReadAuditAsync()).ShouldAllBe(entry => entry.Action == "console sign-in");
        (await reader.GotoAsync("/console/dead-letters/assets/inventory/1")).Status.ShouldBe(403);
        (await reader.GotoAsync("/console/replays/start")).Status.ShouldBe(403);
    }

    [Fact]
    public async Task The_role_Read_sees_no_reason_that_a_consumer_wrote()
    {
        await using var production = await HubHost.StartAsync([
            .. ConsoleKeys.Settings,
            $"ServiceBus:ConnectionString={Bus.ConnectionString}",
        ]);
        await Hub.PublishAsync(1);
        await DeadLetterAsync(1);
        await using var reader = await Chromium.OpenAsync(production.Http.BaseAddress!);
        await reader.GotoAsync("/console/dead-letters/assets/inventory");
        await reader.SignInAsync(ConsoleKeys.Reading);

        await Assertions.Expect(reader.Page.Locator("tbody tr")).ToContainTextAsync("(withheld)");
        (await reader.Page.ContentAsync()).ShouldNotContain("of-a-consumer");
    }

    private Task ClickAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    private async Task<string?> StateOfAsync(long seq, HubHost? of = null) =>
        (
            await (of ?? Hub).Services.GetRequiredService<DeadLetterStore>().FindAsync(seq, CancellationToken.None)
        )?.State;

    private async Task DeadLetterAsync(int count)
    {
        await using var client = new ServiceBusClient(Bus.ConnectionString);
        await using ServiceBusReceiver receiver = Bus.Subscription("assets", "inventory").RequiresSession
            ? await client.AcceptSessionAsync("assets", "inventory", "north")
            : client.CreateReceiver("assets", "inventory");
        for (var received = 0; received < count; received++)
        {
            var message = (await receiver.ReceiveMessageAsync(Wait)).ShouldNotBeNull();
            await receiver.DeadLetterMessageAsync(message, "reason-of-a-consumer", "text-of-a-consumer");
        }
    }
}
