using System.Text;
using NotificationHub.Admin;

namespace NotificationHub.Tests.Admin;

public sealed class InviteCodesTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("""{"inviteCode":null}""", """{"inviteCode":null}""")]
    [InlineData("""{ "inviteCode" : "x" , "b":[2] }""", """{ "inviteCode" : "(withheld)" , "b":[2] }""")]
    [InlineData("""{"\u0069nviteCode":"x"}""", """{"\u0069nviteCode":"(withheld)"}""")]
    [InlineData(
        """[{"inviteCode":["x"]},{"inviteCode":7}]""",
        """[{"inviteCode":"(withheld)"},{"inviteCode":"(withheld)"}]"""
    )]
    [InlineData("""{"inviteCode":"x" """, "\"(withheld)\"")]
    [InlineData("no JSON", "no JSON")]
    public void Only_invite_codes_are_removed(string body, string shown) =>
        Encoding.UTF8.GetString(InviteCodes.Withhold(Encoding.UTF8.GetBytes(body)).Bytes).ShouldBe(shown);
}
