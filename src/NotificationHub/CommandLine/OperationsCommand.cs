using System.CommandLine;
using NotificationHub.OperationTracking;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class OperationsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var location = new Option<string?>("--location") { Description = "Only operations of this location." };
        var state = CommandInput.Choice("--state", "Only operations in this state", [.. OperationStates.All]);
        var limit = CommandInput.Limit();
        var eventId = new Argument<string>("id") { Description = "The operation's eventId at Apple." };
        return new Command("operations", "Inspect the MDM's asynchronous requests to Apple.")
        {
            runner.Json,
            runner.Create(
                "list",
                "List operations, newest first.",
                context =>
                    ListAsync(
                        context,
                        new OperationFilter(context.Get(location), context.Get(state)),
                        context.Get(limit)
                    ),
                location,
                state,
                limit
            ),
            runner.Create(
                "show",
                "Show one operation and the tasks that failed.",
                context => ShowAsync(context, context.Get(eventId)),
                eventId
            ),
        };
    }

    private static async Task<int> ListAsync(CommandContext context, OperationFilter filter, int limit)
    {
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var found = await OperationStore.ListAsync(connection, filter, limit);
        context.Output.Write(
            new { Operations = found },
            console =>
            {
                var table = new ConsoleTable(
                    "ID",
                    "State",
                    "Kind",
                    "Succeeded",
                    "Failed",
                    "Location",
                    "Started",
                    "Ended"
                );
                foreach (var one in found)
                {
                    table.Row(
                        one.EventId,
                        one.State,
                        one.Deferred ? $"{one.Kind}, deferred" : one.Kind,
                        one.Completed ?? one.Succeeded,
                        one.Missed ?? one.Failed,
                        one.LocationId,
                        one.StartedAt,
                        one.ClosedAt
                    );
                }

                table.WriteTo(console);
            }
        );
        return ExitCode.Ok;
    }

    private static async Task<int> ShowAsync(CommandContext context, string eventId)
    {
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var found = await OperationStore.FindAsync(connection, eventId);
        if (found.Count == 0)
        {
            throw new CommandException(
                ExitCode.NotFound,
                "There is no operation with this eventId. `operations list` lists the tracked ones."
            );
        }

        OperationsDocument document = new(found);
        context.Output.Write(
            document,
            console =>
            {
                foreach (var one in document.Operations)
                {
                    Write(console, one);
                }
            }
        );
        return ExitCode.Ok;
    }

    private static void Write(IAnsiConsole console, Operation one)
    {
        console.WriteFields(
            ("ID", one.EventId),
            ("Location", one.LocationId),
            ("State", one.State),
            ("Reason", one.Report?.Reason),
            ("Kind", one.Kind),
            ("Deferred", one.Deferred),
            ("Announced by", one.AnnouncedBy),
            ("Started", one.StartedAt),
            ("Last notification", one.LastNotificationAt),
            ("Last polled", one.LastPolledAt),
            ("Next poll", one.NextPollAt),
            ("Last error", one.LastError),
            ("Ended", one.ClosedAt),
            ("Tasks", one.Requested ?? one.Tasks),
            ("Succeeded", one.Completed ?? one.Succeeded),
            ("Failed", one.Missed ?? one.Failed)
        );
        if (one.Report is not { Failures.Count: > 0 } report)
        {
            return;
        }

        var table = new ConsoleTable("Error", "Asset", "Device", "User", "Message");
        foreach (var failure in report.Failures)
        {
            foreach (var item in failure.Items)
            {
                table.Row(failure.ErrorNumber, item.AdamId, item.SerialNumber, item.ClientUserId, failure.ErrorMessage);
            }
        }

        table.WriteTo(console);
        if (report.ItemsOmitted > 0)
        {
            console.WriteText($"{report.ItemsOmitted} more tasks failed; they are not listed.");
        }
    }
}
