using NotificationHub.Erasure;

namespace NotificationHub.Tests.Erasure;

public sealed class PersonalIdentifiersTests
{
    [Theory]
    [InlineData("users/ann%20", "users/(erased)")]
    [InlineData("assignments/1/STDQ/user:ann%20", "assignments/1/STDQ/user:(erased)")]
    [InlineData("subscription-assignments/1/ann%20", "subscription-assignments/1/(erased)")]
    [InlineData("users/ann", "users/ann")]
    [InlineData("assignments/1/STDQ/user:ann", "assignments/1/STDQ/user:ann")]
    [InlineData("subscription-assignments/1/ann%2520", "subscription-assignments/1/ann%2520")]
    public void A_user_is_redacted_in_subjects_with_escaped_keys(string subject, string redacted) =>
        new PersonalIdentifiers(ErasureKinds.User, "ann ", found: []).RedactSubject(subject).ShouldBe(redacted);
}
