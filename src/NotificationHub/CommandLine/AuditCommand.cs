using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class AuditCommand
{
    private static readonly Option<long?> After = new("--after")
    {
        Description = "Only those behind this seq; without it, the latest.",
    };

    private static readonly Option<int> Limit = PageLimit.Create();

    public static Command Create(CommandRunner runner)
    {
        var list = new Command("list", "List who changed what, when and from where.") { After, Limit };
        list.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, ListAsync, cancellationToken));
        return new Command("audit", "What people changed, through commands and the admin API.")
        {
            CommandRunner.Json,
            list,
        };
    }

    private static async Task<int> ListAsync(CommandContext context)
    {
        var limit = context.Arguments.GetValue(Limit);
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var page = AuditPage.Of(await AuditLog.ListAsync(connection, context.Arguments.GetValue(After), limit), limit);
        context.Output.Write(
            page,
            console =>
            {
                var table = new ConsoleTable("Seq", "At", "What", "Outcome", "Location", "Who", "Which", "From");
                foreach (var entry in page.Entries)
                {
                    table.Row(
                        entry.Seq,
                        entry.At,
                        entry.Action,
                        entry.Detail is null ? entry.Outcome : $"{entry.Outcome} ({entry.Detail})",
                        entry.Location,
                        entry.Actor,
                        entry.Subject,
                        entry.Origin
                    );
                }

                table.WriteTo(console);
            }
        );
        return ExitCode.Ok;
    }
}
