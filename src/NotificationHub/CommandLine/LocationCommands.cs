using System.CommandLine;
using NotificationHub.Locations;
using NotificationHub.Locations.Operations;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>The commands on one location.</summary>
internal static class LocationCommands
{
    private static readonly Argument<string> Id = new("location")
    {
        Description = "The location's id, of `locations list`.",
    };

    public static IEnumerable<Command> Create(CommandRunner runner)
    {
        yield return Create(runner, "show", "Show everything that is known of one location.", ShowAsync);
        yield return Create(
            runner,
            "verify",
            "Compare what Apple has recorded for a location with what the hub has. Changes nothing at Apple; ends with 1 where they differ.",
            VerifyAsync
        );
    }

    private static Command Create(
        CommandRunner runner,
        string name,
        string description,
        Func<CommandContext, Task<int>> work,
        params Option[] options
    )
    {
        var command = new Command(name, description) { Id };
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, work, cancellationToken));
        return command;
    }

    private static async Task<int> ShowAsync(CommandContext context)
    {
        var details = await context
            .Service<LocationDescription>()
            .DescribeAsync(new DescribeRequest(context.Arguments.GetValue(Id)!), context.CancellationToken);
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var document = await LocationDetailsDocument.OfAsync(connection, details);
        context.Output.Write(document, document.WriteTo);
        return ExitCode.Ok;
    }

    private static async Task<int> VerifyAsync(CommandContext context)
    {
        var result = await context
            .Service<LocationVerification>()
            .VerifyAsync(new VerifyRequest(context.Arguments.GetValue(Id)!), context.CancellationToken);
        Write(context, result.Location, result.Differences);
        return result.Differences.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Write(CommandContext context, Location location, IReadOnlyList<LocationDifference> differences)
    {
        var document = LocationDocument.Of(location);
        context.Output.Write(
            new { Location = document, Differences = differences },
            console =>
            {
                document.WriteTo(console);
                console.WriteDifferences(differences);
            }
        );
    }

    public static void WriteDifferences(this IAnsiConsole console, IReadOnlyList<LocationDifference> differences)
    {
        foreach (var one in differences)
        {
            console.WriteText("");
            console.WriteFields(
                ("Differs", one.Setting),
                ("Recorded", one.Expected),
                ("At Apple", one.Actual),
                ("What to do", one.Advice)
            );
        }
    }
}
