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

    public static TheoryData<int> From(string variable, int inTheSuite) => [.. Of(variable, inTheSuite)];

    /// <summary>Those that a variable asks for: a number of them, or from one to another; else as many as the suite tries.</summary>
    public static IEnumerable<int> Of(string variable, int inTheSuite)
    {
        var given = Environment.GetEnvironmentVariable(variable) ?? $"{inTheSuite}";
        var bounds = given.Split('-').Select(int.Parse).ToArray();
        var first = bounds.Length == 1 ? 1 : bounds[0];
        return Enumerable.Range(first, bounds[^1] - first + 1);
    }
}
