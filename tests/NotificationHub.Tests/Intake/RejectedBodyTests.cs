using System.Net;
using System.Text;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

public sealed class RejectedBodyTests
{
    public static TheoryData<string, string> Errors =>
        new()
        {
            { "", "the body is empty" },
            { "hello", "the body is not JSON: line 1, byte 1" },
            { """{"notificationId":"a","notificationTy""", "the body is not JSON: line 1, byte 38|" },
            { """{"notificationId":"a","notificationType":"T"} trailing""", "the body is not JSON" },
            { "[1,2]", "the body is not a JSON object" },
            { "\"text\"", "the body is not a JSON object" },
            { "{}", "notificationId is missing or empty" },
            { """{"notificationId":"","notificationType":"T"}""", "notificationId is missing or empty" },
            { """{"notificationId":"a"}""", "notificationType is missing or empty" },
            { """{"notificationId":null,"notificationType":"T"}""", "notificationId is missing or empty" },
            { """{"notificationId":17,"notificationType":"T"}""", "notificationId is not a string" },
            { """{"notificationId":"a","notificationType":{"b":[]}}""", "notificationType is not a string" },
            { """{"notificationId":"a","notificationType":"T","uId":[7]}""", "uId is not a string" },
            { """{"notificationId":"a","notificationId":"b","notificationType":"T"}""", "notificationId occurs twice" },
            { """{"notificationId":"a","notificationType":"T","uId":"1","uId":"2"}""", "uId occurs twice" },
            {
                """{"notificationId":"a\u0000","notificationType":"T"}""",
                "notificationId contains a control character"
            },
            { """{"notificationId":"\ud800","notificationType":"T"}""", "not a Unicode character" },
            {
                $$"""{"notificationId":"{{new string('x', 513)}}","notificationType":"T"}""",
                "notificationId is longer than 512 bytes"
            },
            {
                $$"""{"notificationId":"a","notificationType":"T","x":{{new string('[', 60)}}{{new string(']', 60)}}}""",
                "nested deeper than 60"
            },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public void The_error_is_named(string body, string error) =>
        // A bar marks the end of the text.
        (EnvelopeReader.Read(Encoding.UTF8.GetBytes(body)).Error.ShouldNotBeNull() + "|").ShouldContain(error);

    [Fact]
    public void A_body_that_is_not_UTF_8_is_reported_as_such() =>
        EnvelopeReader
            .Read(
                """{"notificationId":"a","notificationType":"T","x":"?"}"""u8
                    .ToArray()
                    .Select(b => b == '?' ? (byte)0xFF : b)
                    .ToArray()
            )
            .Error.ShouldBe("the body is not UTF-8");

    [Fact]
    public async Task The_response_is_400_with_problem_details_and_the_body_is_stored()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();

        var rejected = await hub.ScenarioAsync(delivery =>
        {
            delivery.Deliver(location, """{"notificationId":17}""");
            delivery.ShouldBeProblem(HttpStatusCode.BadRequest);
        });

        var problem = await rejected.JsonAsync();
        problem.GetProperty("detail").GetString().ShouldBe("notificationId is not a string");
        problem.GetProperty("status").GetInt32().ShouldBe(400);
    }
}
