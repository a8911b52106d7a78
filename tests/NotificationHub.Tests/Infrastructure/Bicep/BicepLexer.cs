using System.Text;

namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>Cuts Bicep into words. Line ends count, since they separate members and items.</summary>
internal sealed class BicepLexer(string text)
{
    // The longer ones first.
    private static readonly string[] Symbols =
    [
        .. (string[])["=>", "==", "!=", "<=", ">=", "&&", "||", "??", ".?", "[?"],
        .. "{}[]():?=.,!<>+-*/%@".Select(symbol => symbol.ToString()),
    ];

    private int position;
    private int line = 1;

    public static IReadOnlyList<BicepToken> Read(string text)
    {
        var lexer = new BicepLexer(text);
        var tokens = lexer.ReadUntil(inserted: false);
        tokens.Add(lexer.Token(BicepTokenKind.End, ""));
        return tokens;
    }

    private List<BicepToken> ReadUntil(bool inserted)
    {
        List<BicepToken> tokens = [];
        var braces = 0;
        while (SkipBlanks())
        {
            if (inserted && braces == 0 && text[position] == '}')
            {
                return tokens;
            }

            var token = ReadOne();
            braces +=
                token.Is("{") ? 1
                : token.Is("}") ? -1
                : 0;
            tokens.Add(token);
        }

        return inserted ? throw new BicepException(line, "an insertion does not end") : tokens;
    }

    /// <summary>Whether there is more.</summary>
    private bool SkipBlanks()
    {
        while (position < text.Length)
        {
            if (text[position] is ' ' or '\t' or '\r')
            {
                position++;
            }
            else if (At("//"))
            {
                position = IndexOf("\n", text.Length);
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private BicepToken ReadOne()
    {
        var first = text[position];
        if (first == '\n')
        {
            var token = Token(BicepTokenKind.NewLine, "");
            position++;
            line++;
            return token;
        }

        if (first == '\'')
        {
            return ReadText();
        }

        if (char.IsAsciiLetter(first) || first == '_')
        {
            return ReadWhile(BicepTokenKind.Name, c => char.IsAsciiLetterOrDigit(c) || c == '_');
        }

        if (char.IsAsciiDigit(first))
        {
            return ReadWhile(BicepTokenKind.Number, char.IsAsciiDigit);
        }

        var symbol = Symbols.FirstOrDefault(At) ?? throw new BicepException(line, $"'{first}' means nothing here");
        position += symbol.Length;
        return Token(BicepTokenKind.Symbol, symbol);
    }

    private BicepToken ReadText()
    {
        List<TextPart> parts = [];
        var literal = new StringBuilder();
        for (position++; position < text.Length && text[position] != '\n'; position++)
        {
            switch (text[position])
            {
                case '\'':
                    position++;
                    parts.Add(new TextPart(literal.ToString(), []));
                    return new BicepToken(BicepTokenKind.Text, "", line, parts);
                case '\\':
                    literal.Append(Escaped(text[++position]));
                    break;
                case '$' when At("${"):
                    position += 2;
                    parts.Add(new TextPart(literal.ToString(), []));
                    parts.Add(new TextPart(null, ReadUntil(inserted: true)));
                    literal.Clear();
                    break;
                default:
                    literal.Append(text[position]);
                    break;
            }
        }

        throw new BicepException(line, "a text does not end on its line");
    }

    private char Escaped(char escaped) =>
        escaped switch
        {
            'n' => '\n',
            '\\' or '\'' or '$' => escaped,
            _ => throw new BicepException(line, $"'\\{escaped}' is no escape"),
        };

    private BicepToken ReadWhile(BicepTokenKind kind, Func<char, bool> belongs)
    {
        var start = position;
        while (position < text.Length && belongs(text[position]))
        {
            position++;
        }

        return Token(kind, text[start..position]);
    }

    private BicepToken Token(BicepTokenKind kind, string value) => new(kind, value, line, []);

    private bool At(string expected) => string.CompareOrdinal(text, position, expected, 0, expected.Length) == 0;

    private int IndexOf(string sought, int otherwise) =>
        text.IndexOf(sought, position, StringComparison.Ordinal) is >= 0 and var found ? found : otherwise;
}
