namespace NotificationHub.Simulator;

internal static class SimulatorProgram
{
    private static void Main() => Console.WriteLine("skeleton");
}
