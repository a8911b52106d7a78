using System.CommandLine;
using NotificationHub.OperationTracking;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class OperationsCommand
{
    private static readonly Option<string?> OfLocation = new("--location")
    {
        Description = "Only those of this location.",
    };

    private static readonly Option<string?> InState = new Option<string?>("--state")
    {
        Description = "Only those in this state.",
    }.AcceptOnlyFromAmong([.. OperationStates.All]);

    private static readonly Option<int> Limit = PageLimit.Create();

    private static readonly Argument<string> EventId = new("id") { Description = "Apple's eventId of the operation." };

    public static Command Create(CommandRunner runner)
    {
        var list = new Command("list", "List operations, the latest first.") { OfLocation, InState, Limit };
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        var show = new Command("show", "Show one operation and what failed of it.") { EventId };
        show.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ShowAsync, cancellationToken));
        return new Command("operations", "What the MDM asked Apple for, and how it goes.")
        {
            CommandRunner.Json,
            list,
            show,
        };
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var found = await OperationStore.ListAsync(
            connection,
            new OperationFilter(context.Arguments.GetValue(OfLocation), context.Arguments.GetValue(InState)),
            context.Arguments.GetValue(Limit)
        );
        OperationDocument[] operations = [.. found.Select(OperationDocument.Of)];
        context.Output.Write(
            new { Operations = operations },
            console =>
            {
                var table = new ConsoleTable("Id", "State", "Kind", "Done", "Failed", "Location", "Started", "Ended");
                foreach (var one in operations)
                {
                    table.Row(
                        one.EventId,
                        one.State,
                        one.Deferred ? $"{one.Kind}, deferred" : one.Kind,
                        one.Completed ?? one.HeardSucceeded,
                        one.Failed ?? one.HeardFailed,
                        one.Location,
                        one.StartedAt,
                        one.EndedAt
                    );
                }

                table.WriteTo(console);
            }
        );
        return ExitCode.Ok;
    }

    private static async Task<int> ShowAsync(CommandContext context)
    {
        var eventId = context.Arguments.GetValue(EventId)!;
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var found = await OperationStore.FindAsync(connection, eventId);
        if (found.Count == 0)
        {
            throw new CommandException(ExitCode.NotFound, "There is no such operation in the ledger.");
        }

        OperationsDocument document = new([.. found.Select(OperationDocument.Of)]);
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

    private static void Write(IAnsiConsole console, OperationDocument one)
    {
        console.WriteFields(
            ("Id", one.EventId),
            ("Location", one.Location),
            ("State", one.State),
            ("Reason", one.Report?.Reason),
            ("Kind", one.Kind),
            ("Deferred", one.Deferred),
            ("Announced by", one.AnnouncedBy),
            ("Started", one.StartedAt),
            ("Last heard", one.LastNotificationAt),
            ("Asked", one.LastPolledAt),
            ("Asked next", one.AskedNextAt),
            ("Last fault", one.LastError),
            ("Ended", one.EndedAt),
            ("Tasks", one.Requested ?? one.Tasks),
            ("Done", one.Completed ?? one.HeardSucceeded),
            ("Failed", one.Failed ?? one.HeardFailed)
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
            console.WriteText($"{report.ItemsOmitted} more failed and are not listed.");
        }
    }
}
