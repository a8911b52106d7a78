using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace NotificationHub.LocalBus;

/// <summary>
/// Selects messages by an SQL expression on text: <c>=</c>, <c>&lt;&gt;</c>, <c>IN</c>, <c>LIKE</c>, <c>IS NULL</c>, <c>EXISTS</c>,
/// <c>AND</c>, <c>OR</c> and <c>NOT</c>.
/// </summary>
internal sealed record SqlFilter : RuleFilter
{
    // Service Bus's limit. It also limits the depth of the parser's recursion.
    private const int MaxLength = 1024;

    private readonly Func<BusMessage, bool?> condition;

    /// <exception cref="FormatException">The expression is invalid or not supported.</exception>
    public SqlFilter(string expression)
    {
        if (expression.Length > MaxLength)
        {
            throw new FormatException($"an SQL filter of more than {MaxLength} characters");
        }

        (Expression, condition) = (expression, new SqlParser(expression).Parse());
    }

    public string Expression { get; }

    // Unknown, such as a comparison with a missing property, does not match.
    public override bool Matches(BusMessage message) => condition(message) == true;
}

/// <summary>Parses the part of Service Bus's SQL that <see cref="SqlFilter"/> supports.</summary>
internal sealed partial class SqlParser(string expression)
{
    private static readonly FrozenDictionary<string, Func<BusMessage, string?>> SystemProperties = new Dictionary<
        string,
        Func<BusMessage, string?>
    >
    {
        ["CorrelationId"] = message => message.CorrelationId,
        ["MessageId"] = message => message.MessageId,
        ["To"] = message => message.To,
        ["ReplyTo"] = message => message.ReplyTo,
        ["Label"] = message => message.Subject,
        ["SessionId"] = message => message.SessionId,
        ["ReplyToSessionId"] = message => message.ReplyToSessionId,
        ["ContentType"] = message => message.ContentType,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private readonly IReadOnlyList<Match> tokens = Token().Matches(expression);
    private int position;

    private string Next => position < tokens.Count ? tokens[position].Value : "";

    public Func<BusMessage, bool?> Parse()
    {
        var condition = Disjunction();
        return Next.Length == 0 ? condition : throw Unexpected();
    }

    // The operators of bool? have the three-valued logic of SQL.
    private Func<BusMessage, bool?> Disjunction()
    {
        var left = Conjunction();
        while (Accept("OR"))
        {
            var (first, second) = (left, Conjunction());
            left = message => first(message) | second(message);
        }

        return left;
    }

    private Func<BusMessage, bool?> Conjunction()
    {
        var left = Negation();
        while (Accept("AND"))
        {
            var (first, second) = (left, Negation());
            left = message => first(message) & second(message);
        }

        return left;
    }

    private Func<BusMessage, bool?> Negation()
    {
        if (Accept("NOT"))
        {
            var negated = Negation();
            return message => !negated(message);
        }

        if (Accept("("))
        {
            var inner = Disjunction();
            Require(")");
            return inner;
        }

        return Accept("EXISTS") ? Existence() : Comparison();
    }

    private Func<BusMessage, bool?> Existence()
    {
        Require("(");
        var property = Operand();
        Require(")");
        return message => property(message) is not null;
    }

    private Func<BusMessage, bool?> Comparison()
    {
        var left = Operand();
        if (Accept("IS"))
        {
            var isExpected = Accept("NOT");
            Require("NULL");
            return message => left(message) is not null == isExpected;
        }

        if (Accept("="))
        {
            var right = Operand();
            return message => AreEqual(left(message), right(message));
        }

        if (Accept("<>") || Accept("!="))
        {
            var right = Operand();
            return message => !AreEqual(left(message), right(message));
        }

        var isNegated = Accept("NOT");
        var found = Accept("IN") ? Membership(left) : Likeness(left);
        return isNegated ? message => !found(message) : found;
    }

    private Func<BusMessage, bool?> Membership(Func<BusMessage, string?> left)
    {
        Require("(");
        List<Func<BusMessage, string?>> members = [Operand()];
        while (Accept(","))
        {
            members.Add(Operand());
        }

        Require(")");
        return message => left(message) is { } value ? members.Exists(member => member(message) == value) : null;
    }

    private Func<BusMessage, bool?> Likeness(Func<BusMessage, string?> left)
    {
        Require("LIKE");
        var text = Constant() ?? throw Unexpected();
        var pattern = new Regex(
            $"^{Regex.Escape(text).Replace("%", ".*", StringComparison.Ordinal).Replace('_', '.')}\\z",
            RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
        );
        return message => left(message) is { } value ? pattern.IsMatch(value) : null;
    }

    private Func<BusMessage, string?> Operand()
    {
        if (Constant() is { } constant)
        {
            return _ => constant;
        }

        var isSystem = Accept("SYS.");
        var hasScope = isSystem || Accept("USER.");
        var name = Next switch
        {
            ['[', .. var inner, ']'] => inner.Replace("]]", "]", StringComparison.Ordinal),
            ['"', .. var inner, '"'] => inner.Replace("\"\"", "\"", StringComparison.Ordinal),
            [var first, ..] word when char.IsLetter(first) && (hasScope || !Keyword().IsMatch(word)) => word,
            _ => throw Unexpected(),
        };
        if (!isSystem)
        {
            position++;
            return message => Property(message, name);
        }

        var property = SystemProperties.GetValueOrDefault(name) ?? throw Unexpected();
        position++;
        return property;
    }

    private string? Constant()
    {
        if (Next is not ['\'', .. var text, '\''])
        {
            return null;
        }

        position++;
        return text.Replace("''", "'", StringComparison.Ordinal);
    }

    private bool Accept(string token)
    {
        var isNext = Next.Equals(token, StringComparison.OrdinalIgnoreCase);
        position += isNext ? 1 : 0;
        return isNext;
    }

    private void Require(string token)
    {
        if (!Accept(token))
        {
            throw Unexpected();
        }
    }

    private FormatException Unexpected() =>
        new(
            position < tokens.Count
                ? $"the SQL filter '{expression}' (unexpected '{Next}' at position {tokens[position].Index})"
                : $"the SQL filter '{expression}' (unexpected end)"
        );

    private static bool? AreEqual(string? left, string? right) =>
        left is null || right is null ? null : left.Equals(right, StringComparison.Ordinal);

    private static string? Property(BusMessage message, string name) =>
        message.Properties.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value
        as string;

    [GeneratedRegex(
        """'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|(?:sys|user)\.|\p{L}\w*|<>|!=|\S""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Token();

    [GeneratedRegex(
        "^(?:and|or|not|in|is|like|null|exists|true|false|escape)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Keyword();
}
