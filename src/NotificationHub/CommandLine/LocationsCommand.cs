using System.CommandLine;
using NotificationHub.Locations;

namespace NotificationHub.CommandLine;

internal static class LocationsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var list = new Command("list", "List the locations and their states.");
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        return new Command("locations", "The locations (Apple's libraries) whose notifications the hub receives.")
        {
            CommandRunner.Json,
            LocationsAddCommand.Create(runner),
            list,
        };
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        LocationDocument[] locations = [.. (await LocationStore.ListAsync(connection)).Select(LocationDocument.Of)];
        context.Output.Write(
            new { Locations = locations },
            console =>
            {
                var table = ConsoleTable.Of("Id", "uId", "Name", "State", "Since", "Content token", "Notification URL");
                foreach (var location in locations)
                {
                    table.Row(
                        location.Id,
                        location.UId,
                        location.Name,
                        location.State,
                        location.StateSince,
                        location.ReceiveOnly ? "none (receive only)" : location.TokenExpiresAt,
                        location.NotificationUrl
                    );
                }

                console.Write(table);
            }
        );
        return ExitCode.Ok;
    }
}
