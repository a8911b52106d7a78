using System.Text;
using NotificationHub.Erasure;

namespace NotificationHub.Tests.Erasure;

public sealed class JsonRedactionTests
{
    [Theory]
    [InlineData(
        """{"clientUserId":"ann","email":"a@b.c","status":"Retired"}""",
        """{"clientUserId":"(erased)","email":"(erased)","status":"Retired"}"""
    )]
    [InlineData("""{"clientUserId":"\u0061nn"}""", """{"clientUserId":"(erased)"}""")]
    [InlineData("""{"clientUserIds":["ann","joann","bob"]}""", """{"clientUserIds":["(erased)","joann","bob"]}""")]
    [InlineData(
        """{"errorMessage":"User ann, not joann or ann-2."}""",
        """{"errorMessage":"User (erased), not joann or (erased)-2."}"""
    )]
    [InlineData(
        """{"notificationId":"ann","adamId":"ann","x":"ann"}""",
        """{"notificationId":"ann","adamId":"ann","x":"(erased)"}"""
    )]
    [InlineData(
        """{"ann":1.50,"of":{"clientUserId":"ann","phone":1234,"is":true,"no":null}}""",
        """{"(erased)":1.50,"of":{"clientUserId":"(erased)","phone":"(erased)","is":true,"no":null}}"""
    )]
    [InlineData("""{"serialNumber":"ann"}""", """{"serialNumber":"(erased)"}""")]
    [InlineData("no JSON, and ann", """{"erased":true}""")]
    [InlineData("""{"cut off":"\u0061nn""", """{"erased":true}""")]
    [InlineData("""{"half":"\ud800","clientUserId":"ann"}""", """{"erased":true}""")]
    public void Identifiers_are_redacted_in_stored_bodies(string stored, string left) =>
        Redact(stored, new PersonalIdentifiers(ErasureKinds.User, "ann", [])).ShouldBe(left);

    [Theory]
    [InlineData("""{"clientUserId":"joann","email":"ann@b.c"}""")]
    [InlineData("""{"a\\b":"no","clientUserId":"bob"}""")]
    [InlineData("no JSON, and joann")]
    [InlineData("")]
    public void Bodies_about_others_stay_unchanged(string stored) =>
        Redact(stored, new PersonalIdentifiers(ErasureKinds.User, "ann", [])).ShouldBeNull();

    [Fact]
    public void A_number_is_an_identifier_only_in_an_identifying_member()
    {
        var identifiers = new PersonalIdentifiers(ErasureKinds.User, "5", []);

        Redact("""{"countDelta":5,"users":[{"clientUserId":5}],"index":"5"}""", identifiers)
            .ShouldBe("""{"countDelta":5,"users":[{"clientUserId":"(erased)"}],"index":"(erased)"}""");
    }

    [Fact]
    public void Further_identifiers_are_collected_only_beside_the_id()
    {
        var identifiers = new PersonalIdentifiers(ErasureKinds.User, "ann", []);

        JsonRedaction.Collect(
            """[{"email":"ann@b.c","department":"Sales","clientUserId":"ann"},{"clientUserId":"bob","email":"bob@b.c"}]"""u8.ToArray(),
            identifiers
        );

        identifiers.Found.ShouldBe(["ann@b.c"]);
        Redact("""{"to":"ann@b.c","cc":"bob@b.c"}""", identifiers).ShouldBe("""{"to":"(erased)","cc":"bob@b.c"}""");
    }

    private static string? Redact(string stored, PersonalIdentifiers identifiers) =>
        JsonRedaction.Redact(Encoding.UTF8.GetBytes(stored), identifiers) is { } left
            ? Encoding.UTF8.GetString(left)
            : null;
}
