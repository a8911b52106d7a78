using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using NotificationHub.Intake;

namespace NotificationHub.Tests.Intake;

public sealed class NotificationTokenVerifierTests
{
    [Theory]
    [InlineData("Bearer right", true)]
    [InlineData("bearer right", true)]
    [InlineData("BEARER  right ", true)]
    [InlineData("Bearer wrong", false)]
    [InlineData("Bearer right2", false)]
    [InlineData("Bearer RIGHT", false)]
    [InlineData("Basic right", false)]
    [InlineData("Bearerright", false)]
    [InlineData("Bearer ", false)]
    [InlineData("right", false)]
    [InlineData("", false)]
    public void A_header_is_verified(string header, bool isAccepted) =>
        NotificationTokenVerifier.Verify(header, Accepting("right", "")).ShouldBe(isAccepted ? 0 : -1);

    [Fact]
    public void A_missing_header_is_rejected() =>
        NotificationTokenVerifier.Verify(StringValues.Empty, Accepting("right", "")).ShouldBe(-1);

    [Fact]
    public void Two_headers_are_rejected_even_if_both_are_valid() =>
        NotificationTokenVerifier
            .Verify(new StringValues(["Bearer right", "Bearer right"]), Accepting("right"))
            .ShouldBe(-1);

    [Fact]
    public void A_token_longer_than_Apples_limit_is_rejected() =>
        NotificationTokenVerifier
            .Verify($"Bearer {new string('x', 513)}", Accepting(new string('x', 513)))
            .ShouldBe(-1);

    [Fact]
    public void Every_accepted_secret_is_valid_except_those_beyond_the_slots()
    {
        string[] secrets = [.. Enumerable.Range(0, NotificationTokenVerifier.Slots + 1).Select(i => $"secret-{i}")];
        var accepted = Accepting(secrets);

        secrets
            .Select(secret => NotificationTokenVerifier.Verify($"Bearer {secret}", accepted))
            .ShouldBe([.. Enumerable.Range(0, NotificationTokenVerifier.Slots), -1]);
    }

    [Fact]
    public void A_location_without_secrets_and_an_unknown_location_accept_no_token()
    {
        NotificationTokenVerifier.Verify("Bearer x", Accepting()).ShouldBe(-1);
        NotificationTokenVerifier.Verify("Bearer x", AcceptedDigests.UnknownLocation).ShouldBe(-1);
    }

    private static AcceptedDigests Accepting(params string[] secrets) =>
        new(secrets.Select(secret => SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
}
