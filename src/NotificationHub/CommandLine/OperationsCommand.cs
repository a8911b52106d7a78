using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;
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
        return new Command(
            "operations",
            "Inspect the asynchronous requests that the MDM and the `apple` commands send to Apple."
        )
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

    private static async Task ListAsync(CommandContext context, OperationFilter filter, int limit)
    {
        await context.EnsureExistsAsync(filter.LocationId);
        var found = await context.Database.ReadAsync(
            connection => OperationStore.ListAsync(connection, filter, limit),
            context.CancellationToken
        );
        context.Output.Write(
            new { Operations = found },
            console =>
                console.WriteTable(
                    found,
                    ("ID", one => one.EventId),
                    ("State", one => one.State),
                    ("Kind", one => one.Deferred ? $"{one.Kind}, deferred" : one.Kind),
                    ("Succeeded", one => one.Completed ?? one.Succeeded),
                    ("Failed", one => one.Missed ?? one.Failed),
                    ("Location", one => one.LocationId),
                    ("Started", one => one.StartedAt),
                    ("Ended", one => one.ClosedAt)
                )
        );
    }

    private static async Task ShowAsync(CommandContext context, string eventId)
    {
        var document =
            await context.Service<TrackedOperations>().FindAsync(eventId, context.CancellationToken)
            ?? throw new CommandException(
                ExitCode.NotFound,
                "There is no operation with this eventId. `operations list` lists the tracked ones."
            );
        context.Output.Write(
            document,
            console =>
            {
                foreach (var one in document.Operations)
                {
                    Write(console, one, document.Names);
                }
            }
        );
    }

    private static void Write(IAnsiConsole console, Operation one, IReadOnlyDictionary<string, string> names)
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

        console.WriteTable(
            report.Failures.SelectMany(failure => failure.Items, (failure, item) => (Failure: failure, Item: item)),
            ("Error", one => one.Failure.ErrorNumber),
            ("Asset", one => one.Item.AdamId),
            ("Name", one => names.GetValueOrDefault(one.Item.AdamId ?? "")),
            ("Device", one => one.Item.SerialNumber),
            ("User", one => one.Item.ClientUserId),
            ("Message", one => one.Failure.ErrorMessage)
        );
        if (report.ItemsOmitted > 0)
        {
            console.WriteText($"{report.ItemsOmitted} more tasks failed; they are not listed.");
        }
    }
}
