using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Options;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks.Sending;

/// <summary>Compares the sender's rate and processor time at several batch sizes.</summary>
internal sealed class SenderRun(SenderOptions options)
{
    private const string Topic = "assets";

    // More messages than any batch holds.
    private const int Full = TopicLog.PageSize;

    private static readonly int[] BatchSizes = [1, 10, 50, Full];

    private static readonly byte[] Data =
        """{"change":"updated","before":{"adamId":"408709785","pricingParam":"STDQ","totalCount":25,"assignedCount":11,"availableCount":14,"deviceAssignable":true,"revocable":true},"after":{"adamId":"408709785","pricingParam":"STDQ","totalCount":25,"assignedCount":12}}"""u8.ToArray();

    private readonly TopicMessages messages = new(new CloudEventWriter(Options.Create(new PublishingOptions())));

    public async Task<Table> RunAsync()
    {
        List<SenderResult> results = [];
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var size in BatchSizes)
            {
                await Console.Error.WriteLineAsync($"batches of {NameOf(size)}, round {round} of {options.Rounds}");
                results.Add(await MeasureAsync(size));
            }
        }

        return Report(results);
    }

    private async Task<SenderResult> MeasureAsync(int size)
    {
        using var bus = await ServerProcess.StartAsync("bus");
        var settings = new ServiceBusOptions { ConnectionString = bus.FirstLine };
        await using var sender = new TopicSender(
            ServiceBusSetup.CreateClient(settings, "benchmark", () => throw new UnreachableException()),
            settings.SendTimeout,
            TimeProvider.System
        );
        var load = new SenderLoad(sender, messages, size);
        await load.RunAsync(TimeSpan.FromSeconds(options.WarmUpSeconds));
        var (processor, busProcessor, allocated) = (
            Environment.CpuUsage.TotalTime,
            bus.ProcessorTime,
            GC.GetTotalAllocatedBytes()
        );
        var started = Stopwatch.GetTimestamp();
        var (events, batches) = await load.RunAsync(TimeSpan.FromSeconds(options.Seconds));
        return new SenderResult(
            size,
            (double)events / batches,
            events / Stopwatch.GetElapsedTime(started).TotalSeconds,
            (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / events,
            (bus.ProcessorTime - busProcessor).TotalMicroseconds / events,
            (GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / events
        );
    }

    private static Table Report(List<SenderResult> results)
    {
        var table = CreateTable(
            "batch",
            "events per batch",
            "events/s",
            "sender CPU µs/event",
            "bus CPU µs/event",
            "sender KiB/event",
            "rate relative to full",
            "sender CPU relative to full"
        );
        var full = Medians(results, Full);
        foreach (var size in BatchSizes)
        {
            var median = Medians(results, size);
            table.AddRow(
                NameOf(size),
                Number(median.EventsPerBatch, "0"),
                Number(median.PerSecond, "N0"),
                Number(median.Processor, "0.0"),
                Number(median.BusProcessor, "0.0"),
                Number(median.KiB, "0.0"),
                Ratio(median.PerSecond / full.PerSecond),
                Ratio(median.Processor / full.Processor)
            );
        }

        return table;
    }

    private static SenderResult Medians(IEnumerable<SenderResult> results, int size)
    {
        SenderResult[] all = [.. results.Where(result => result.Size == size)];
        return new SenderResult(
            size,
            Median(all.Select(result => result.EventsPerBatch)),
            Median(all.Select(result => result.PerSecond)),
            Median(all.Select(result => result.Processor)),
            Median(all.Select(result => result.BusProcessor)),
            Median(all.Select(result => result.KiB))
        );
    }

    private static string NameOf(int size) => size == Full ? "full" : Number(size, "0");

    /// <param name="Size">Messages offered for each batch.</param>
    private sealed record SenderResult(
        int Size,
        double EventsPerBatch,
        double PerSecond,
        double Processor,
        double BusProcessor,
        double KiB
    );

    /// <summary>Sends one batch after another. A message that does not fit starts the next batch.</summary>
    private sealed class SenderLoad(TopicSender sender, TopicMessages messages, int size)
    {
        private readonly List<ServiceBusMessage> queue = [];
        private long seq;

        public async Task<(long Events, long Batches)> RunAsync(TimeSpan duration)
        {
            var (events, batches) = (0L, 0L);
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                while (queue.Count < size)
                {
                    queue.Add(NextMessage());
                }

                var (count, rejection) = await sender.SendAsync(Topic, queue, CancellationToken.None);
                if (count == 0 || rejection is not null)
                {
                    throw new InvalidOperationException(rejection ?? "The message does not fit into a batch.");
                }

                queue.RemoveRange(0, count);
                events += count;
                batches++;
            }

            return (events, batches);
        }

        private ServiceBusMessage NextMessage() =>
            messages
                .Create(
                    new EventEntry
                    {
                        Epoch = 1,
                        Seq = ++seq,
                        Topic = Topic,
                        Type = EventNames.AssetChanged,
                        LocationId = "euymam2icmymo32l",
                        Subject = "assets/408709785/STDQ",
                        Data = Data,
                        IsProvenJson = true,
                        Change = "updated",
                        Cause = "notification",
                        AdamId = "408709785",
                        Conflict = false,
                        CreatedAt = TimeProvider.System.GetUtcNow(),
                    }
                )
                .Message!;
    }
}
