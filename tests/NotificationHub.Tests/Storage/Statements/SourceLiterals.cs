namespace NotificationHub.Tests.Storage.Statements;

/// <summary>A string literal of a source file, with its interpolations.</summary>
internal sealed record SourceLiteral(int Line, string Text, bool IsInterpolated, string? ConstantName);

/// <summary>A minimal lexer that finds the string literals of a C# file.</summary>
internal sealed class SourceLiterals
{
    private readonly string source;
    private readonly List<SourceLiteral> found = [];
    private int place;

    private SourceLiterals(string source) => this.source = source;

    public static IReadOnlyList<SourceLiteral> Of(string source)
    {
        var lexer = new SourceLiterals(source.ReplaceLineEndings("\n"));
        while (lexer.place < lexer.source.Length)
        {
            lexer.Step();
        }

        return lexer.found;
    }

    private bool IsAt(string text) => string.CompareOrdinal(source, place, text, 0, text.Length) == 0;

    private void Step()
    {
        if (IsAt("//"))
        {
            SkipPast("\n");
        }
        else if (IsAt("/*"))
        {
            SkipPast("*/");
        }
        else if (IsAt("'"))
        {
            // A character literal; an escaped one has at least two characters.
            place += source[place + 1] == '\\' ? 3 : 2;
            SkipPast("'");
        }
        else if (source[place] is '"' or '$' or '@')
        {
            Literal();
        }
        else
        {
            place++;
        }
    }

    private void SkipPast(string text)
    {
        var end = source.IndexOf(text, Math.Min(place, source.Length), StringComparison.Ordinal);
        place = end < 0 ? source.Length : end + text.Length;
    }

    private void Literal()
    {
        var start = place;
        var (dollars, isVerbatim) = (0, false);
        for (; source[place] is '$' or '@'; place++)
        {
            dollars += source[place] == '$' ? 1 : 0;
            isVerbatim |= source[place] == '@';
        }

        if (source[place] != '"')
        {
            // An identifier such as @event.
            return;
        }

        var quotes = source.AsSpan(place).IndexOfAnyExcept('"');
        var text = quotes >= 3 ? Raw(new string('"', quotes)) : Quoted(dollars > 0, isVerbatim);
        found.Add(new SourceLiteral(source.AsSpan(0, start).Count('\n') + 1, text, dollars > 0, ConstantBefore(start)));
    }

    private string Raw(string quotes)
    {
        place += quotes.Length;
        var start = place;
        SkipPast(quotes);
        return source[start..(place - quotes.Length)];
    }

    private string Quoted(bool hasHoles, bool isVerbatim)
    {
        place++;
        var text = new System.Text.StringBuilder();
        while (source[place] != '"' || (isVerbatim && IsAt("\"\"")))
        {
            if (source[place] == '\\' && !isVerbatim)
            {
                text.Append(source[place + 1]);
                place += 2;
            }
            else if (source[place] == '{' && hasHoles && !IsAt("{{"))
            {
                text.Append(Hole());
            }
            else
            {
                text.Append(source[place]);
                place += IsAt("\"\"") || (hasHoles && (IsAt("{{") || IsAt("}}"))) ? 2 : 1;
            }
        }

        place++;
        return text.ToString();
    }

    /// <summary>An interpolation, which may contain literals.</summary>
    private string Hole()
    {
        var start = place++;
        for (var depth = 1; depth > 0; )
        {
            depth += source[place] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (source[place] is '"' or '$')
            {
                Literal();
            }
            else
            {
                place++;
            }
        }

        return source[start..place];
    }

    private string? ConstantBefore(int start)
    {
        var before = source[..start].TrimEnd();
        if (!before.EndsWith('='))
        {
            return null;
        }

        var words = before[Math.Max(0, before.Length - 200)..^1]
            .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words is [.., "const", "string", var name] ? name : null;
    }
}
