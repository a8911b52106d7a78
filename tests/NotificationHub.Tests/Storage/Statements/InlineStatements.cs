using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Erasure;
using NotificationHub.Locations.Removal;
using NotificationHub.Retention;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>The SQL literals in the source, as they are for SQL Server.</summary>
internal static partial class InlineStatements
{
    private const int Nesting = 5;

    /// <summary>
    /// The text of each interpolation that is not a constant. Add new interpolations here. Several texts result in several statements: the
    /// first texts of all interpolations belong together, and so on.
    /// </summary>
    private static readonly Dictionary<string, string[]> Holes = new(StringComparer.Ordinal)
    {
        ["EventLog.Conditions(connection, filter)"] =
        [
            " and e.topic = @Topic and e.type = @Type and e.location_id = @LocationId and e.seq <= @UpTo and coalesce(e.topic, '') in @Topics and (e.location_id is null or e.location_id in @Locations) and e.adam_id = @AdamId and e.correlation_id = @CorrelationId and n.notification_id = @NotificationId and (charindex(convert(varchar(max), @Text0), convert(varchar(max), coalesce(e.data, n.body)) collate Latin1_General_100_BIN2) > 0 or charindex(convert(varchar(max), 0x5C), convert(varchar(max), coalesce(e.data, n.body)) collate Latin1_General_100_BIN2) > 0)",
        ],
        ["NotificationListing.Conditions(connection, filter)"] =
        [
            " and disposition <> 0 and disposition = @DispositionNumber and location_id = @Location and notification_type = @Type and received_at >= @Since and received_at < @Until and notification_id = @NotificationId and (charindex(convert(varchar(max), @AdamIdBytes), convert(varchar(max), body) collate Latin1_General_100_BIN2) > 0 or charindex(convert(varchar(max), 0x5C), convert(varchar(max), body) collate Latin1_General_100_BIN2) > 0)",
        ],
        ["NotificationListing.body"] = [", body"],
        ["NotificationListing.index"] = [" with (index(notification_log_dedup))"],
        ["RecordHistory.condition"] =
        [
            "subject = @From",
            "subject >= @From and subject < @Below",
            "holder = @From and subject like 'assignments/%/%/serial:%'",
            "holder = @From and subject not like 'assignments/%/%/serial:%'",
        ],
        ["RecordHistory.index"] =
        [
            " with (index(event_log_record))",
            " with (index(event_log_record))",
            " with (index(event_log_holder))",
            " with (index(event_log_holder))",
        ],
        ["RecordHistory.location"] = [" and location_id = @locationId"],
        ["RecordHistory.order"] = ["desc", "asc"],
        ["connection.EventHolder"] = ["holder"],
        ["LocationStore.StateCondition(state)"] = ["and state = @state"],
        ["OperationStore.Conditions(filter)"] = [" and location_id = @LocationId and state = @State"],
        ["range.Condition"] = [KeyRange.All.Condition, new KeyRange("a").Condition, KeyRange.Under("a").Condition],
        ["(after is null ? \"desc\" : \"asc\")"] = ["asc"],
        ["WriteConnection.tokenId"] = ["1"],
        ["(int)database.LockTimeout.TotalMilliseconds"] = ["2000"],
        ["SqlServerErrorCodes.EndedTransaction"] = ["50003"],
        ["LocationDataDeletion.table.Name"] = [.. LocationDataDeletion.Tables.Select(table => table.Name)],
        ["LocationDataDeletion.Name"] = [.. LocationDataDeletion.Tables.Select(table => table.Name)],
        ["LocationDataDeletion.columns"] =
        [
            .. LocationDataDeletion.Tables.Select(table => Joined(table, ", ", "\"{0}\"")),
        ],
        ["LocationDataDeletion.condition"] =
        [
            .. LocationDataDeletion.Tables.Select(table => Joined(table, " and ", "\"{0}\" = @{0}")),
        ],
        ["table"] = ["snapshot"],
        ["ErasableLog.Table"] = [.. ErasedLogs.Select(log => log.Table)],
        ["ErasableLog.Text"] = [.. ErasedLogs.Select(log => log.Text)],
        ["ErasableLog.Json"] = [.. ErasedLogs.Select(log => log.Json)],
        ["LogPruning.Name"] = [.. PrunedLogs.Select(log => log.Name)],
        ["log.Table"] = [.. PrunedLogs.Select(log => log.Table)],
        ["log.At"] = [.. PrunedLogs.Select(log => log.At)],
        ["log.StartSql"] = [.. PrunedLogs.Select(log => log.StartSql)],
        ["log.Condition"] = [.. PrunedLogs.Select(log => log.Condition)],
        ["DueTimes.which"] = ["t.attempts = 0", "t.attempts > 0"],
        ["DueTimes.within"] = ["not in", "in"],
        ["DueTimes.deferred"] = ["= 0", "<> 0"],
        ["EventLog.index"] = [" with (index(event_log_topic))", ""],
        ["ReplayRange.index"] = [" with (index(event_log_topic))"],
        ["TopicLog.index"] = [" with (index(event_log_topic))"],
        ["DatabaseCopy.from"] = ["snapshot"],
        ["EventRetentionLimit.name"] = ["publishing:hub"],
        ["EventRetentionLimit.topic"] = ["hub"],
        ["EventRetentionLimit.beginning"] = ["0"],
    };

    /// <summary>A table of the schema where SQL names one, in any case.</summary>
    private static readonly Lazy<Regex> TableNames = new(() =>
        new Regex(
            $"""\b(from|join|into|update|(alter|create|drop|truncate) table|on)\s+({string.Join('|', TablesOfMigrations())})\b""",
            RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
        )
    );

    private static readonly int Variants = Holes.Values.Max(texts => texts.Length);

    private static ErasableLog[] ErasedLogs => [ErasableLog.Notifications, ErasableLog.Events];

    private static PrunedLog[] PrunedLogs => [PrunedLog.Notifications, PrunedLog.Events];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Source");

    /// <summary>The statements in the source of the hub.</summary>
    public static IReadOnlyList<SqlText> All { get; } = [.. Texts(Sources()).Where(IsStatement)];

    /// <summary>The SQL in the source that <see cref="All"/> does not contain.</summary>
    public static IReadOnlyList<SqlText> Rest() => Rest(Sources());

    public static IReadOnlyList<SqlText> Rest(IEnumerable<(string Place, string Source)> sources)
    {
        var texts = Texts(sources);
        var statements = texts.Where(IsStatement).Select(statement => Normalized(statement.Text)).ToList();
        return
        [
            .. texts
                .Where(text => IsSql(text.Text))
                .Where(text =>
                    !statements.Exists(statement => statement.Contains(Normalized(text.Text), StringComparison.Ordinal))
                ),
        ];
    }

    private static List<(string Place, string Source)> Sources() =>
        [
            .. Directory
                .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
                .Select(file => (Path.GetRelativePath(Folder, file), File.ReadAllText(file)))
                .Where(source => !IsOf(source.Item1, StorageOptions.Sqlite))
                .OrderBy(source => source.Item1, StringComparer.Ordinal),
        ];

    private static bool IsStatement(SqlText text) =>
        (IsOf(text.Place, StorageOptions.SqlServer) ? OwnStart() : Start()).IsMatch(text.Text);

    /// <summary>All literals, with SQL as it is for SQL Server.</summary>
    private static List<SqlText> Texts(IEnumerable<(string Place, string Source)> sources)
    {
        var files = sources.Select(source => (source.Place, Literals: SourceLiterals.Of(source.Source))).ToList();
        Dictionary<string, string> constants = new(StringComparer.Ordinal);
        foreach (var (place, literals) in files)
        {
            foreach (var constant in literals.Where(literal => literal.ConstantName is not null))
            {
                constants[$"{Path.GetFileNameWithoutExtension(place)}.{constant.ConstantName}"] = constant.Text;
            }
        }

        return
        [
            .. files.SelectMany(file => file.Literals.SelectMany(literal => TextsOf(file.Place, literal, constants))),
        ];
    }

    private static IEnumerable<SqlText> TextsOf(
        string place,
        SourceLiteral literal,
        Dictionary<string, string> constants
    )
    {
        if (!literal.IsInterpolated)
        {
            return [TextOf(literal.Text, 0)];
        }

        var first = TextOf(Fill(literal.Text, Path.GetFileNameWithoutExtension(place), constants, variant: 0), 0);
        return IsStatement(first) || IsSql(first.Text)
            ? Enumerable
                .Range(0, Variants)
                .Select(variant => Fill(literal.Text, Path.GetFileNameWithoutExtension(place), constants, variant))
                .Distinct(StringComparer.Ordinal)
                .Select(TextOf)
            : [first];

        SqlText TextOf(string text, int variant) =>
            new(
                $"{place}:{literal.Line}" + (variant > 0 ? $" (variant {variant + 1})" : ""),
                Lists().Replace(text, "in (@${name}, @${name})")
            );
    }

    private static IEnumerable<string> TablesOfMigrations() =>
        SqlText
            .FilesIn($"{StorageOptions.SqlServer}/Migrations/")
            .SelectMany(file => TSql.Statements(file.Text).OfType<CreateTableStatement>())
            .Select(table => table.SchemaObjectName.BaseIdentifier.Value);

    private static bool IsOf(string place, string engine) =>
        place.StartsWith(Path.Combine("Storage", engine), StringComparison.Ordinal);

    private static bool IsSql(string text) => Parameter().IsMatch(text) || TableNames.Value.IsMatch(text);

    private static string Normalized(string text) => Space().Replace(text, " ").Trim();

    private static string Fill(string text, string type, Dictionary<string, string> constants, int variant)
    {
        for (var i = 0; i < Nesting; i++)
        {
            text = Limits()
                .Replace(text, match => $"offset 0 rows fetch next {Count(match.Groups["count"].Value)} rows only");
            text = Lengths().Replace(text, "datalength(${column})");
            text = PendingConditions().Replace(text, "${target}.is_pending = 1");
            text = Locks().Replace(text, " with (updlock, rowlock)");
            text = EventNameHoles().Replace(text, "an.event");
            text = AnyHole()
                .Replace(
                    text,
                    hole =>
                        constants.GetValueOrDefault($"{type}.{hole.Groups["hole"].Value}")
                        ?? constants.GetValueOrDefault(hole.Groups["hole"].Value)
                        ?? Variant($"{type}.{hole.Groups["hole"].Value}", variant)
                        ?? Variant(hole.Groups["hole"].Value, variant)
                        ?? hole.Value
                );
        }

        return text;
    }

    private static string? Variant(string hole, int variant) =>
        Holes.TryGetValue(hole, out var texts) ? texts[variant % texts.Length] : null;

    private static string Joined(DeletedTable table, string separator, string column) =>
        string.Join(separator, table.Columns.Select(name => string.Format(CultureInfo.InvariantCulture, column, name)));

    private static string Count(string count) =>
        count.StartsWith('{') || char.IsAsciiLetterUpper(count[0]) ? "10" : count;

    // Statements start with a lowercase letter, sentences do not.
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
        """\{[\w.]*\.Limit\(\s*(\$?"(?<count>@?\w+|\{\w+\})"|(?<count>[A-Z][\w.]+))\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Limits();

    [GeneratedRegex(
        """\{[\w.]*\.ByteLength\(\s*"(?<column>\w+)"\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Lengths();

    [GeneratedRegex(
        """\{[\w.]*\.IsPending\(\s*"(?<target>\w+)"\s*\)\}""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PendingConditions();

    [GeneratedRegex("""\{[\w.]*\.ForUpdate\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Locks();

    [GeneratedRegex("""\{EventNames\.\w+\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EventNameHoles();

    [GeneratedRegex("""\{(?<hole>[^{}]+)\}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AnyHole();

    [GeneratedRegex("""(=|<|>|\()\s*@\w+""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex("""\s+""", RegexOptions.NonBacktracking)]
    private static partial Regex Space();
}
