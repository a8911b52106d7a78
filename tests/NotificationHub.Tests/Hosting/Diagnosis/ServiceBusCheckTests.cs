using Microsoft.Extensions.Options;
using NotificationHub.Hosting.Diagnosis;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Hosting.Diagnosis;

public sealed class ServiceBusCheckTests
{
    [Theory]
    [InlineData("Amqp", false)]
    [InlineData("Https", true)]
    public async Task Only_over_https_the_right_to_send_stays_to_be_proved(string transport, bool staysToBeProved)
    {
        var check = new ServiceBusCheck(
            [new WillingSender()],
            Options.Create(new ServiceBusOptions { Transport = Enum.Parse<ServiceBusTransport>(transport) })
        );

        var findings = await check.ExamineAsync(CancellationToken.None);

        findings.Count.ShouldBe(TopicMap.Topics.Count);
        findings.ShouldAllBe(finding =>
            finding.Found.Contains("only a first event", StringComparison.Ordinal) == staysToBeProved
        );
    }

    private sealed class WillingSender : ITopicSender
    {
        public int MaxBatchBytes => 1;

        public int Measure(TopicMessage message) => 1;

        public Task SendAsync(string topic, IReadOnlyList<TopicMessage> batch, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }
}
