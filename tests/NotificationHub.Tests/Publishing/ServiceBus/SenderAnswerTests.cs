using System.Net;
using Azure.Identity;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>What each answer means to the publisher, and how an identity is presented.</summary>
public sealed class SenderAnswerTests
{
    private static readonly TopicMessage Message = new(
        "1-1",
        "location",
        "type",
        null,
        "{}"u8.ToArray(),
        new Dictionary<string, string>()
    );

    private readonly ManualClock clock = new();

    [Fact]
    public async Task An_identity_is_presented_over_https()
    {
        var stub = new StubTransport(HttpStatusCode.Created);
        var credential = new StubCredential(clock);

        await Sender(stub, credential).SendAsync("assets", [Message], CancellationToken.None);

        var request = stub.Requests.Single();
        request.RequestUri!.AbsoluteUri.ShouldBe("https://contoso.servicebus.windows.net/assets/messages");
        request.Headers.Authorization!.ToString().ShouldBe("Bearer " + StubCredential.Token);
        request.Headers.UserAgent.ToString().ShouldStartWith("NotificationHub");
        credential.Scopes.ShouldBe(["https://servicebus.azure.net/.default"]);
    }

    [Theory]
    [InlineData(200, "Stopped")]
    [InlineData(204, "Stopped")]
    [InlineData(302, "Stopped")]
    [InlineData(400, "Refused")]
    [InlineData(401, "Stopped")]
    [InlineData(403, "Stopped")]
    [InlineData(404, "Stopped")]
    [InlineData(408, "Stopped")]
    [InlineData(410, "Stopped")]
    [InlineData(413, "Refused")]
    [InlineData(429, "Stopped")]
    [InlineData(500, "Stopped")]
    [InlineData(502, "Stopped")]
    [InlineData(503, "Stopped")]
    [InlineData(504, "Stopped")]
    public async Task Every_status_but_201_is_a_fault_after_one_attempt(int status, string expected)
    {
        var stub = new StubTransport((HttpStatusCode)status);

        var fault = await ShouldFail(stub);

        (fault.Fault.ToString(), fault.Status, fault.RetryAfter).ShouldBe((expected, status, null));
        stub.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_403_to_several_messages_may_be_for_their_size()
    {
        var sender = Sender(new StubTransport(HttpStatusCode.Forbidden), new StubCredential(clock));

        var fault = await Should.ThrowAsync<TopicSendException>(
            sender.SendAsync("assets", [Message, Message], CancellationToken.None)
        );

        (fault.Fault, fault.Status).ShouldBe((TopicSendFault.PerhapsTooLarge, 403));
    }

    public static TheoryData<string, int?> RetryAfter { get; } =
        new()
        {
            { "7", 7 },
            { "0", 0 },
            { "Sat, 01 Aug 2026 12:01:30 GMT", 90 },
            { "Sat, 01 Aug 2026 11:00:00 GMT", 0 },
            { "soon", null },
        };

    [Theory]
    [MemberData(nameof(RetryAfter))]
    public async Task Retry_after_is_told_in_either_form(string header, int? seconds)
    {
        var stub = new StubTransport(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            response.Headers.TryAddWithoutValidation("Retry-After", header);
            return response;
        });

        var fault = await ShouldFail(stub);

        fault.RetryAfter.ShouldBe(seconds is { } wait ? TimeSpan.FromSeconds(wait) : null);
    }

    [Fact]
    public async Task The_detail_of_a_stop_is_told()
    {
        var stub = Answering(
            HttpStatusCode.Forbidden,
            "<Error><Code>403</Code><Detail>The quota is full.</Detail></Error>"
        );

        (await ShouldFail(stub)).Message.ShouldBe("Topic assets: Service Bus answered 403 (The quota is full.).");
    }

    [Fact]
    public async Task The_detail_of_a_refusal_may_quote_the_message_and_is_kept_back()
    {
        var stub = Answering(
            HttpStatusCode.BadRequest,
            "<Error><Code>400</Code><Detail>Unexpected 'user@example.com'. TrackingId:5f1a_G2, Timestamp:x</Detail></Error>"
        );

        (await ShouldFail(stub)).Message.ShouldBe("Topic assets: Service Bus answered 400 (TrackingId:5f1a_G2).");
    }

    [Fact]
    public async Task A_long_detail_is_cut()
    {
        var stub = Answering(HttpStatusCode.InternalServerError, $"<Detail>{new string('x', 5000)}</Detail>");

        (await ShouldFail(stub)).Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task An_identity_that_gets_no_token_stops_the_topic()
    {
        var stub = new StubTransport(HttpStatusCode.Created);
        var credential = new StubCredential(clock, new CredentialUnavailableException("no managed identity"));

        var fault = await ShouldFail(stub, credential);

        (fault.Fault, fault.Status).ShouldBe((TopicSendFault.Stopped, null));
        fault.Message.ShouldContain("no token");
        stub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_fault_repeats_the_token()
    {
        var fault = await ShouldFail(new StubTransport(_ => throw new HttpRequestException("Connection reset.")));

        fault.Message.ShouldContain("Connection reset.");
        fault.ToString().ShouldNotContain(StubCredential.Token);
    }

    private static StubTransport Answering(HttpStatusCode status, string body) =>
        new(_ => new HttpResponseMessage(status) { Content = new StringContent(body) });

    private Task<TopicSendException> ShouldFail(StubTransport stub, StubCredential? credential = null) =>
        Should.ThrowAsync<TopicSendException>(
            Sender(stub, credential ?? new StubCredential(clock)).SendAsync("assets", [Message], CancellationToken.None)
        );

    private ServiceBusHttpSender Sender(StubTransport stub, StubCredential credential) =>
        ServiceBusPipeline.CreateSender(
            new ServiceBusOptions { FullyQualifiedNamespace = "contoso.servicebus.windows.net" },
            () => credential,
            clock,
            stub.Transport
        );
}
