using Xunit.Abstractions;

namespace NotificationHub.Tests.Crash;

/// <summary>Each run takes other moments; a failure says which, and <c>NOTIFICATIONHUB_TEST_SEED</c> takes them again.</summary>
internal static class Seeds
{
    private const string Variable = "NOTIFICATIONHUB_TEST_SEED";

    public static int New(ITestOutputHelper output)
    {
        var seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? int.Parse(given)
            : Random.Shared.Next();
        output.WriteLine($"{Variable}={seed}");
        return seed;
    }
}
