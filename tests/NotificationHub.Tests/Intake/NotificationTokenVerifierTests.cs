using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using NotificationHub.Intake;

namespace NotificationHub.Tests.Intake;

public sealed class NotificationTokenVerifierTests
{
    [Theory]
    [InlineData("Bearer right", VerificationResult.Valid)]
    [InlineData("bearer right", VerificationResult.Valid)]
    [InlineData("BEARER  right ", VerificationResult.Valid)]
    [InlineData("Bearer wrong", VerificationResult.WrongSecret)]
    [InlineData("Bearer right2", VerificationResult.WrongSecret)]
    [InlineData("Bearer RIGHT", VerificationResult.WrongSecret)]
    [InlineData("Basic right", VerificationResult.MalformedHeader)]
    [InlineData("Bearerright", VerificationResult.MalformedHeader)]
    [InlineData("Bearer ", VerificationResult.MalformedHeader)]
    [InlineData("right", VerificationResult.MalformedHeader)]
    [InlineData("", VerificationResult.MalformedHeader)]
    public void A_header_is_verified(string header, object expected) =>
        NotificationTokenVerifier.Verify(header, Accepting("right")).ShouldBe((VerificationResult)expected);

    [Fact]
    public void A_missing_header_is_reported_as_missing() =>
        NotificationTokenVerifier
            .Verify(StringValues.Empty, Accepting("right"))
            .ShouldBe(VerificationResult.MissingHeader);

    [Fact]
    public void Two_headers_are_rejected_even_if_both_are_valid() =>
        NotificationTokenVerifier
            .Verify(new StringValues(["Bearer right", "Bearer right"]), Accepting("right"))
            .ShouldBe(VerificationResult.MalformedHeader);

    [Fact]
    public void A_token_longer_than_Apples_limit_is_rejected() =>
        NotificationTokenVerifier
            .Verify($"Bearer {new string('x', 513)}", Accepting(new string('x', 513)))
            .ShouldBe(VerificationResult.MalformedHeader);

    [Fact]
    public void Every_accepted_secret_is_valid_except_those_beyond_the_slots()
    {
        string[] secrets = [.. Enumerable.Range(0, NotificationTokenVerifier.Slots + 1).Select(i => $"secret-{i}")];
        var accepted = Accepting(secrets);

        foreach (var secret in secrets[..NotificationTokenVerifier.Slots])
        {
            NotificationTokenVerifier.Verify($"Bearer {secret}", accepted).ShouldBe(VerificationResult.Valid);
        }

        NotificationTokenVerifier.Verify($"Bearer {secrets[^1]}", accepted).ShouldBe(VerificationResult.WrongSecret);
    }

    [Fact]
    public void A_location_without_secrets_and_an_unknown_location_accept_no_token()
    {
        NotificationTokenVerifier.Verify("Bearer x", Accepting()).ShouldBe(VerificationResult.WrongSecret);
        NotificationTokenVerifier
            .Verify("Bearer x", AcceptedDigests.UnknownLocation)
            .ShouldBe(VerificationResult.UnknownLocation);
    }

    private static AcceptedDigests Accepting(params string[] secrets) =>
        new(secrets.Select(secret => SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
}
