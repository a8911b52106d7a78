using System.Text.RegularExpressions;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>A statement as SQL Server gets it.</summary>
/// <param name="Place">The file, and the line where it begins.</param>
internal sealed record SqlText(string Place, string Text);

/// <summary>The statements that stand in the source beside their call, spelled for SQL Server.</summary>
internal static partial class InlineStatements
{
    private const int Nesting = 5;

    /// <summary>What a hole stands for where no constant says it. A new kind of hole has to be added here.</summary>
    private static readonly Dictionary<string, string> Holes = new(StringComparer.Ordinal)
    {
        ["EventLog.Conditions(filter)"] =
            " and e.topic = @Topic and e.type = @Type and e.location_id = @LocationId and e.seq <= @UpTo",
        ["NotificationListing.Conditions(filter)"] =
            " and disposition <> 0 and disposition = @Disposition and location_id = @LocationId",
        ["OperationStore.Conditions(filter)"] = " and location_id = @LocationId and state = @State",
        ["condition"] = "location_id = @location_id and kind = @kind and \"key\" = @key",
        ["range.Condition"] = "\"key\" >= @From and \"key\" < @Below",
        ["(after is null ? \"desc\" : \"asc\")"] = "asc",
        ["WriteConnection.mark"] = "1",
        ["(int)database.Patience.TotalMilliseconds"] = "2000",
        ["SqlServerFaults.EndedTransaction"] = "50003",
        ["table.Name"] = "snapshot",
        ["Name"] = "snapshot",
        ["Which"] = "",
        ["columns"] = "location_id, kind, \"key\"",
        ["table"] = "snapshot",
        ["PurgedLog.Table"] = "notification_log",
        ["PurgedLog.Text"] = "fault",
        ["PurgedLog.Json"] = "body",
        ["log.Table"] = "notification_log",
        ["log.At"] = "received_at",
        ["log.StartSql"] = "select first_seq from log_start where log = 'notification'",
        ["log.Goes"] = "disposition = 0",
        ["DueTimes.which"] = "t.attempts = 0",
        ["DueTimes.within"] = "not in",
        ["DueTimes.deferred"] = "= 0",
        ["EventLog.index"] = " with (index(event_log_topic))",
        ["TopicLog.index"] = " with (index(event_log_topic))",
        ["StoreCopy.from"] = "snapshot",
        ["EventBounds.name"] = "publishing:hub",
        ["EventBounds.topic"] = "hub",
        ["EventBounds.beginning"] = "0",
    };

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Source");

    public static IReadOnlyList<SqlText> All()
    {
        var files = Directory
            .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !IsOf(file, StorageOptions.Sqlite))
            .Order(StringComparer.Ordinal)
            .Select(file => (File: file, Literals: SourceLiterals.Of(File.ReadAllText(file))))
            .ToList();
        Dictionary<string, string> constants = new(StringComparer.Ordinal);
        foreach (var (file, literals) in files)
        {
            foreach (var constant in literals.Where(literal => literal.ConstantName is not null))
            {
                constants[$"{Path.GetFileNameWithoutExtension(file)}.{constant.ConstantName}"] = constant.Text;
            }
        }

        return
        [
            .. files.SelectMany(file =>
                file.Literals.Select(literal => new SqlText(
                        $"{Path.GetRelativePath(Folder, file.File)}:{literal.Line}",
                        literal.IsInterpolated
                            ? Fill(literal.Text, Path.GetFileNameWithoutExtension(file.File), constants)
                            : literal.Text
                    ))
                    .Where(statement =>
                        (IsOf(file.File, StorageOptions.SqlServer) ? OwnStart() : Start()).IsMatch(statement.Text)
                    )
                    .Select(statement =>
                        statement with
                        {
                            Text = Lists().Replace(statement.Text, "in (@${name}, @${name})"),
                        }
                    )
            ),
        ];
    }

    private static bool IsOf(string file, string engine) =>
        Path.GetRelativePath(Folder, file).StartsWith(Path.Combine("Storage", engine), StringComparison.Ordinal);

    private static string Fill(string text, string type, Dictionary<string, string> constants)
    {
        for (var i = 0; i < Nesting; i++)
        {
            text = Limits()
                .Replace(text, match => $"offset 0 rows fetch next {Count(match.Groups["count"].Value)} rows only");
            text = Lengths().Replace(text, "datalength(${column})");
            text = Waits().Replace(text, "${target}.is_waiting = 1");
            text = Locks().Replace(text, " with (updlock, rowlock)");
            text = EventNameHoles().Replace(text, "an.event");
            text = AnyHole()
                .Replace(
                    text,
                    hole =>
                        constants.GetValueOrDefault($"{type}.{hole.Groups["hole"].Value}")
                        ?? constants.GetValueOrDefault(hole.Groups["hole"].Value)
                        ?? Holes.GetValueOrDefault($"{type}.{hole.Groups["hole"].Value}")
                        ?? Holes.GetValueOrDefault(hole.Groups["hole"].Value)
                        ?? hole.Value
                );
        }

        return text;
    }

    private static string Count(string count) => count.StartsWith('{') ? "10" : count;

    // Statements are written in small letters, sentences are not.
    [GeneratedRegex(
        """^\s*(select\s|insert into\s|update\s+\w+\s+set\s|delete from\s|with\s+\w+\s+as\s|create\s|alter\s|drop\s)""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Start();

    [GeneratedRegex(
        """^\s*(select|insert|update|delete|with|create|alter|drop|set|begin|commit|rollback|if|declare|exec)\s""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex OwnStart();

    [GeneratedRegex("""\bin @(?<name>\w+)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Lists();

    [GeneratedRegex(
        """\{[\w.]*\.Limit\(\s*\$?"(?<count>@?\w+|\{\w+\})"\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Limits();

    [GeneratedRegex(
        """\{[\w.]*\.ByteLength\(\s*"(?<column>\w+)"\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Lengths();

    [GeneratedRegex(
        """\{[\w.]*\.IsWaiting\(\s*"(?<target>\w+)"\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Waits();

    [GeneratedRegex("""\{[\w.]*\.ForUpdate\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Locks();

    [GeneratedRegex("""\{EventNames\.\w+\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EventNameHoles();

    [GeneratedRegex("""\{(?<hole>[^{}]+)\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AnyHole();
}
