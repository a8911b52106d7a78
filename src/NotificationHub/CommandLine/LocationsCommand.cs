using System.CommandLine;
using NotificationHub.Locations;

namespace NotificationHub.CommandLine;

internal static class LocationsCommand
{
    private const int MostRows = 10_000;

    private static readonly Option<string?> After = new("--after")
    {
        Description = "Begin behind this location: the last one of the page before.",
    };

    private static readonly Option<int> Limit = CreateLimit();

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

    private static Option<int> CreateLimit()
    {
        var limit = new Option<int>("--limit")
        {
            Description = $"How many at most, 1 to {MostRows}.",
            DefaultValueFactory = _ => LocationStore.PageRows,
        };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostRows)
            {
                result.AddError($"--limit must lie between 1 and {MostRows}.");
            }
        });
        return limit;
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
                var table = ConsoleTable.Of(
                    "Id",
                    "uId",
                    "Name",
                    "State",
                    "Concerns",
                    "Since",
                    "Content token",
                    "Imported",
                    "Notification URL"
                );
                foreach (var location in page.Locations)
                {
                    table.Row(
                        location.Id,
                        location.UId,
                        location.Name,
                        location.State,
                        location.Concerns,
                        location.StateSince,
                        location.ReceiveOnly ? "none (receive only)" : location.TokenExpiresAt,
                        location.Progress?.Import,
                        location.NotificationUrl
                    );
                }

                console.Write(table);
                if (page.Next is not null)
                {
                    console.WriteText($"There are more: --after {page.Next}");
                }
            }
        );
        return ExitCode.Ok;
    }
}
