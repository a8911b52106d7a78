using System.Text;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class MessageBatchWriterTests
{
    private const int Brackets = 2;

    private static readonly TopicMessage Plain = new(
        "1-1",
        "location",
        "type",
        "correlation",
        """{"path":"a\\\\b"}"""u8.ToArray(),
        new Dictionary<string, string> { ["audience"] = "all", ["type"] = "a \"quoted\" one" }
    );

    [Fact]
    public void A_plain_message_measures_what_it_takes() => ShouldMeasureWhatItTakes(Plain);

    [Fact]
    public void A_message_without_correlation_and_properties_measures_what_it_takes() =>
        ShouldMeasureWhatItTakes(Plain with { CorrelationId = null, Properties = new Dictionary<string, string>() });

    [Theory]
    [InlineData("\u007f")]
    [InlineData("\n\t\u0001")]
    [InlineData("é漢🍏\u2028\u00a0")]
    public void A_message_that_is_not_plain_measures_what_it_takes(string text)
    {
        ShouldMeasureWhatItTakes(Plain with { Body = Encoding.UTF8.GetBytes(text) });
        ShouldMeasureWhatItTakes(Plain with { MessageId = text });
        ShouldMeasureWhatItTakes(Plain with { CorrelationId = text });
        ShouldMeasureWhatItTakes(Plain with { Properties = new Dictionary<string, string> { ["location"] = text } });
    }

    private static void ShouldMeasureWhatItTakes(TopicMessage message)
    {
        using var measuring = new MessageBatchWriter();
        using var writing = new MessageBatchWriter();

        measuring.Measure(message).ShouldBe(writing.Write([message]).Length - Brackets);
    }
}
