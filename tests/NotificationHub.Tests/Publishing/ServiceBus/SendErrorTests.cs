using System.Net.Sockets;
using Azure.Identity;
using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>Error messages contain the kind and the tracking ID, never the text of Service Bus or of the identity.</summary>
public sealed class SendErrorTests
{
    private const string Body = """{"clientUserId":"ann@example.com"}""";
    private const string Quote = $"Could not store {Body}. TrackingId:5f1a_G2, SystemTracker:assets";

    [Fact]
    public async Task An_internal_error_that_quotes_the_body_is_reported_by_its_tracking_ID()
    {
        await using var bus = await LocalServiceBus.StartAsync();
        await using var sender = TestSender.On(bus);
        // Twice, because the sender retries an internal error.
        var fault = BusFault.Reject(AmqpConditions.InternalError, Quote);
        bus.Faults.Next(fault, fault);

        var failure = await FailureAsync(sender);

        failure.InnerException.ShouldNotBeNull().Message.ShouldContain(Body);
        failure.Error.ShouldBe(TopicSendError.Failed);
        failure.Message.ShouldBe("Service Bus failed for the moment (TrackingId:5f1a_G2).");
    }

    [Theory]
    [InlineData(ServiceBusFailureReason.GeneralError, nameof(TopicSendError.Failed))]
    [InlineData(ServiceBusFailureReason.ServiceCommunicationProblem, nameof(TopicSendError.Unreachable))]
    [InlineData(ServiceBusFailureReason.MessagingEntityNotFound, nameof(TopicSendError.TopicNotFound))]
    [InlineData(ServiceBusFailureReason.MessagingEntityDisabled, nameof(TopicSendError.TopicDisabled))]
    [InlineData(ServiceBusFailureReason.QuotaExceeded, nameof(TopicSendError.QuotaExceeded))]
    [InlineData(ServiceBusFailureReason.ServiceBusy, nameof(TopicSendError.Busy))]
    [InlineData(ServiceBusFailureReason.ServiceTimeout, nameof(TopicSendError.Timeout))]
    [InlineData(ServiceBusFailureReason.MessageLockLost, nameof(TopicSendError.Failed))]
    public async Task No_failure_repeats_the_text_of_Service_Bus(ServiceBusFailureReason reason, string error)
    {
        var failure = await FailureAsync(new ServiceBusException(Quote, reason));

        failure.Error.ToString().ShouldBe(error);
        failure.Message.ShouldEndWith(" (TrackingId:5f1a_G2).");
        ShouldHaveNoContent(failure);
    }

    [Fact]
    public async Task A_missing_token_is_not_reported_as_missing_rights()
    {
        var failure = await FailureAsync(new AuthenticationFailedException($"AADSTS7000222: {Quote}"));

        (failure.Error, failure.Message).ShouldBe((TopicSendError.NoToken, "Could not get a token for Service Bus."));
    }

    [Fact]
    public async Task A_machine_without_an_identity_gets_no_token()
    {
        var failure = await FailureAsync(new CredentialUnavailableException(Quote));

        failure.Error.ShouldBe(TopicSendError.NoToken);
        ShouldHaveNoContent(failure);
    }

    [Fact]
    public async Task A_socket_error_is_reported_as_unreachable_wrapped_or_not()
    {
        var socket = new SocketException((int)SocketError.ConnectionRefused);
        Exception[] thrown =
        [
            socket,
            new IOException(Quote, socket),
            new ServiceBusException(Quote, ServiceBusFailureReason.ServiceCommunicationProblem, innerException: socket),
        ];

        foreach (var exception in thrown)
        {
            var failure = await FailureAsync(exception);

            (failure.Error, failure.Message).ShouldBe(
                (TopicSendError.Unreachable, $"Service Bus could not be reached ({socket.Message}).")
            );
        }
    }

    [Fact]
    public async Task Any_other_failure_is_named_by_its_type()
    {
        var failure = await FailureAsync(new NotSupportedException(Quote));

        (failure.Error, failure.Message).ShouldBe(
            (TopicSendError.Failed, "The request failed (NotSupportedException).")
        );
    }

    private static void ShouldHaveNoContent(TopicSendException failure)
    {
        failure.Message.ShouldNotContain("ann@example.com");
        failure.Message.ShouldNotContain("Could not store");
    }

    private static async Task<TopicSendException> FailureAsync(Exception thrown)
    {
        var bus = new ScriptedServiceBus { Respond = (_, _) => throw thrown };
        await using var sender = new TopicSender(bus, TimeSpan.FromSeconds(8), TimeProvider.System);
        return await FailureAsync(sender);
    }

    private static Task<TopicSendException> FailureAsync(TopicSender sender) =>
        Should.ThrowAsync<TopicSendException>(
            sender.SendAsync(
                "assets",
                [new ServiceBusMessage(Body) { MessageId = "1-1", SessionId = "north" }],
                CancellationToken.None
            )
        );
}
