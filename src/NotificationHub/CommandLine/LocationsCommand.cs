using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;

namespace NotificationHub.CommandLine;

internal static class LocationsCommand
{
    private static readonly Option<string?> After = new("--after")
    {
        Description = "Begin behind this location: the last one of the page before.",
    };

    private static readonly Option<int> Limit = PageLimit.Create(LocationStore.PageRows);

    public static Command Create(CommandRunner runner)
    {
        var list = new Command(
            "list",
            "List the locations, their states and what is the matter with them, a page at a time."
        )
        {
            After,
            Limit,
        };
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        var locations = new Command(
            "locations",
            "The locations (Apple's libraries) whose notifications the hub receives."
        )
        {
            CommandRunner.Json,
            LocationsAddCommand.Create(runner),
            list,
        };
        foreach (var command in LocationCommands.Create(runner))
        {
            locations.Add(command);
        }

        return locations;
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var (after, limit) = (context.Arguments.GetValue(After), context.Arguments.GetValue(Limit));
        if (after is not null && await LocationStore.FindAsync(connection, after) is null)
        {
            throw LocationException.NotFound(after);
        }

        var page = await LocationPage.ReadAsync(connection, after, limit);
        context.Output.Write(
            page,
            console =>
            {
                var table = new ConsoleTable(
                    "Id",
                    "State",
                    "Warnings",
                    "Name",
                    "uId",
                    "Since",
                    "Content token",
                    "Imported",
                    "Notification URL"
                );
                foreach (var location in page.Locations)
                {
                    table.Row(
                        location.Id,
                        location.State,
                        location.Warnings,
                        location.Name,
                        location.UId,
                        location.StateSince,
                        location.ReceiveOnly ? "none (receive only)" : location.TokenExpiresAt,
                        location.Progress?.Import,
                        location.NotificationUrl
                    );
                }

                table.WriteTo(console);
                if (page.Next is not null)
                {
                    console.WriteText($"There are more: --after {page.Next}");
                }
            }
        );
        return ExitCode.Ok;
    }
}
