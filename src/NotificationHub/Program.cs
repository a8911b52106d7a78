using System.Globalization;
using NotificationHub.CommandLine;

// What is written is for programs and for whoever reads logs: the same on every machine.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

return await HubCommandLine.RunAsync(args, Console.Out, Console.OpenStandardOutput(), Console.Error);
