using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

internal static class AuditCommand
{
    public static Command Create(CommandRunner runner)
    {
        var after = new Option<long?>("--after")
        {
            Description = "Only entries with a higher seq. Default: the latest entries.",
        };
        var limit = CommandInput.Limit();
        return new Command("audit", "Show the audit log: changes made by commands and through the admin API.")
        {
            runner.Json,
            runner.Create(
                "list",
                "List who changed what, when and from where.",
                context => ListAsync(context, context.Get(after), context.Get(limit)),
                after,
                limit
            ),
        };
    }

    private static async Task ListAsync(CommandContext context, long? after, int limit)
    {
        var entries = await context.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after, limit),
            context.CancellationToken
        );
        var page = Page.Create(entries, limit, entry => entry.Seq);
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("Seq", entry => entry.Seq),
                    ("At", entry => entry.At),
                    ("Action", entry => entry.Action),
                    ("Outcome", entry => entry.Detail is null ? entry.Outcome : $"{entry.Outcome} ({entry.Detail})"),
                    ("Location", entry => entry.Location),
                    ("Actor", entry => entry.Actor),
                    ("Subject", entry => entry.Subject),
                    ("Origin", entry => entry.Origin)
                );
                console.WriteNext(after is null ? null : page.Next);
            }
        );
    }
}
