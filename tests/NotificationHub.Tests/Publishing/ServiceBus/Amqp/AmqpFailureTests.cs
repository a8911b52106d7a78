using Azure.Identity;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus.Amqp;

namespace NotificationHub.Tests.Publishing.ServiceBus.Amqp;

/// <summary>What the SDK's exceptions mean to the publisher. The SDK itself is not in the default build.</summary>
public sealed class AmqpFailureTests
{
    [Theory]
    [InlineData("MessagingEntityNotFound", "Stopped", 404)]
    [InlineData("MessagingEntityDisabled", "Stopped", 403)]
    [InlineData("QuotaExceeded", "Stopped", 403)]
    [InlineData("MessageSizeExceeded", "Refused", 413)]
    [InlineData("ServiceBusy", "Stopped", 503)]
    [InlineData("ServiceTimeout", "Stopped", 504)]
    [InlineData("ServiceCommunicationProblem", "Stopped", null)]
    [InlineData("GeneralError", "Stopped", 500)]
    [InlineData("SomethingNew", "Stopped", 500)]
    public void A_reason_counts_as_the_status_that_the_https_interface_gives(string reason, string fault, int? status)
    {
        var told = AmqpFailure.Explain("assets", reason, new InvalidDataException("Why."));

        (told.Fault.ToString(), told.Status).ShouldBe((fault, status));
        told.Message.ShouldStartWith("Topic assets: ");
    }

    [Fact]
    public void What_the_sdk_throws_of_its_own_is_understood_too()
    {
        Explain(new UnauthorizedAccessException("'Send' claim is required.")).Status.ShouldBe(401);
        Explain(Record.Exception(() => Enum.Parse<DayOfWeek>("argument-error"))).Fault.ShouldBe(TopicSendFault.Refused);
        Explain(new CredentialUnavailableException("no managed identity")).Message.ShouldContain("no token");
        var unforeseen = Explain(new InvalidOperationException("an id of somebody"));
        (unforeseen.Fault, unforeseen.Status).ShouldBe((TopicSendFault.Stopped, null));
        unforeseen.Message.ShouldBe("Topic assets: the request failed (InvalidOperationException).");
    }

    [Fact]
    public void A_bus_that_cannot_be_reached_is_told_with_why() =>
        AmqpFailure
            .Explain("assets", "ServiceCommunicationProblem", new InvalidDataException("No such host is known."))
            .Message.ShouldBe("Topic assets: Service Bus could not be reached (No such host is known.).");

    [Fact]
    public void A_send_that_took_too_long_stops_the_topic_whatever_it_ended_in()
    {
        var told = AmqpFailure.Explain(
            "assets",
            "MessageSizeExceeded",
            new TaskCanceledException(),
            TimeSpan.FromSeconds(8)
        );

        told.Message.ShouldBe("Topic assets: no answer within 8 s.");
        told.Fault.ShouldBe(TopicSendFault.Stopped);
    }

    [Fact]
    public void A_refusal_may_quote_the_message_and_tells_only_its_tracking_id() =>
        AmqpFailure
            .Explain("assets", "MessageSizeExceeded", new InvalidDataException("user@example.com TrackingId:5f1a_G2 x"))
            .Message.ShouldBe("Topic assets: Service Bus refused the content (too large) (TrackingId:5f1a_G2).");

    [Fact]
    public void No_stop_repeats_a_credential() =>
        AmqpFailure
            .Explain("assets", "QuotaExceeded", new InvalidDataException("For SharedAccessSignature sr=a&sig=b&se=1"))
            .Message.ShouldBe("Topic assets: a quota is full (For SharedAccessSignature…).");

    [Fact]
    public void A_batch_that_does_not_fit_is_refused_so_that_it_is_halved()
    {
        var told = AmqpFailure.TooLarge("assets", 7, 262144);

        (told.Fault, told.Status).ShouldBe((TopicSendFault.Refused, 413));
        told.Message.ShouldContain("7 messages are more than the 262144 bytes");
    }

    private static TopicSendException Explain(Exception exception) =>
        AmqpFailure.Explain("assets", reason: null, exception);
}
