using System.Collections.Concurrent;
using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>In a collection, because listeners are process-wide.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class SdkTracingTests
{
    [Fact]
    public async Task The_SDK_adds_no_spans_and_no_properties()
    {
        var sources = new ConcurrentDictionary<string, byte>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => sources[activity.Source.Name] = 0,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("caller");
        using var current = source.StartActivity("send").ShouldNotBeNull();
        await using var bus = await LocalServiceBus.StartAsync();
        await using var sender = TestSender.On(bus);
        var message = new ServiceBusMessage("{}")
        {
            MessageId = "1",
            SessionId = "north",
            ApplicationProperties = { ["audience"] = "all" },
        };

        await sender.SendAsync("hub", [message], CancellationToken.None);

        bus.Messages("hub", "operations").Single().Properties.Keys.ShouldBe(["audience"]);
        sources.Keys.ShouldNotContain(name => name.StartsWith("Azure", StringComparison.Ordinal));
    }
}
