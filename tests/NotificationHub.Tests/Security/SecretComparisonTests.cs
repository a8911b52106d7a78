namespace NotificationHub.Tests.Security;

/// <summary>A rule for the source, because differences of nanoseconds cannot be measured in a test.</summary>
public sealed class SecretComparisonTests
{
    [Theory]
    [InlineData("Auth", "ApiKeyVerifier.cs")]
    [InlineData("Intake", "NotificationTokenVerifier.cs")]
    public void Digests_of_secrets_and_keys_are_compared_in_constant_time(string folder, string verifier)
    {
        var files = Directory
            .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Source", folder), "*.cs")
            .Where(file => File.ReadAllText(file).Contains("FixedTimeEquals(", StringComparison.Ordinal))
            .ToList();

        Path.GetFileName(files.ShouldHaveSingleItem()).ShouldBe(verifier);
        var source = File.ReadAllText(files[0]);
        source.ShouldNotContain("SequenceEqual");
        source.ShouldNotContain("break;");
    }
}
