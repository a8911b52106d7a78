using NotificationHub.CommandLine;

return await HubCommandLine.RunAsync(
    args,
    Console.Out,
    Console.OpenStandardOutput(),
    Console.Error,
    readLine: Console.ReadLine
);
