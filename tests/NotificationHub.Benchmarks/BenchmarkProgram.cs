namespace NotificationHub.Benchmarks;

internal static class BenchmarkProgram
{
    private static void Main() => Console.WriteLine("skeleton");
}
