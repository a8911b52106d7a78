namespace NotificationHub.Tests.Crash;

/// <summary>Each run uses a new seed and prints it; <c>NOTIFICATIONHUB_TEST_SEED</c> repeats a run.</summary>
internal static class Seeds
{
    private const string Variable = "NOTIFICATIONHUB_TEST_SEED";

    public static int Create(ITestOutputHelper output)
    {
        var seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? int.Parse(given)
            : Random.Shared.Next();
        output.WriteLine($"{Variable}={seed}");
        return seed;
    }

    public static TheoryData<int> From(string variable, int inTheSuite) => [.. Range(variable, inTheSuite)];

    /// <summary>The seeds that a variable selects, by count or as a range; by default as many as the suite runs.</summary>
    public static IEnumerable<int> Range(string variable, int inTheSuite)
    {
        var given = Environment.GetEnvironmentVariable(variable) ?? $"{inTheSuite}";
        var bounds = given.Split('-').Select(int.Parse).ToArray();
        var first = bounds.Length == 1 ? 1 : bounds[0];
        return Enumerable.Range(first, bounds[^1] - first + 1);
    }
}
