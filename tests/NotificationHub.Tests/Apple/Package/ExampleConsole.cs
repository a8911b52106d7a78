using System.Text;

namespace NotificationHub.Tests.Apple.Package;

/// <summary>Takes the place of <see cref="Console"/> in the README's examples, which run beside other tests.</summary>
public static class ExampleConsole
{
    private static readonly AsyncLocal<StringBuilder?> Output = new();

    public static void WriteLine(string line) => Output.Value!.Append(line).Append('\n');

    internal static async Task<string> RunAsync(Func<Task> example)
    {
        var output = Output.Value = new StringBuilder();
        await example();
        return output.ToString();
    }
}
