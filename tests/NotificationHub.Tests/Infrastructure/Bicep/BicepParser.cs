using System.Globalization;

namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>Reads expressions, as much of the language as the files here use; refuses everything else.</summary>
internal sealed class BicepParser(IReadOnlyList<BicepToken> tokens)
{
    private static readonly string[][] BinaryOperators =
    [
        ["??"],
        ["||"],
        ["&&"],
        ["==", "!="],
        ["<", ">", "<=", ">="],
        ["+", "-"],
        ["*", "/", "%"],
    ];

    private int position;

    public BicepToken Current => position < tokens.Count ? tokens[position] : new(BicepTokenKind.End, "", 0, []);

    public BicepToken Take()
    {
        var token = Current;
        position++;
        return token;
    }

    public bool TryTake(string symbol)
    {
        if (!Current.Is(symbol))
        {
            return false;
        }

        position++;
        return true;
    }

    public void Expect(string symbol)
    {
        if (!TryTake(symbol))
        {
            throw Fault($"'{symbol}' is missing before '{Current.Value}'");
        }
    }

    public string ExpectName() =>
        Current.Kind is BicepTokenKind.Name ? Take().Value : throw Fault($"a name is missing before '{Current.Value}'");

    public void SkipLines()
    {
        while (Current.Kind is BicepTokenKind.NewLine)
        {
            position++;
        }
    }

    public BicepException Fault(string fault) => new(Current.Line, fault);

    public BicepExpression ReadExpression()
    {
        var condition = ReadBinary(0);
        if (!TryTake("?"))
        {
            return condition;
        }

        var whenTrue = ReadExpression();
        Expect(":");
        return new OperatorExpression("?", [condition, whenTrue, ReadExpression()]);
    }

    private BicepExpression ReadBinary(int level)
    {
        if (level == BinaryOperators.Length)
        {
            return ReadUnary();
        }

        var left = ReadBinary(level + 1);
        while (Current.Kind is BicepTokenKind.Symbol && BinaryOperators[level].Contains(Current.Value))
        {
            var symbol = Take().Value;
            left = new OperatorExpression(symbol, [left, ReadBinary(level + 1)]);
        }

        return left;
    }

    private BicepExpression ReadUnary()
    {
        if (Current.Is("!") || Current.Is("-"))
        {
            var symbol = Take().Value;
            return new OperatorExpression(symbol, [ReadUnary()]);
        }

        var expression = ReadPrimary();
        while (true)
        {
            if (TryTake("."))
            {
                var member = ExpectName();
                expression = Current.Is("(")
                    ? new MethodExpression(expression, member, ReadArguments())
                    : new MemberExpression(expression, member);
            }
            else if (TryTake("["))
            {
                expression = new IndexExpression(expression, ReadExpression());
                Expect("]");
            }
            // That it is not null: for the compiler alone.
            else if (!TryTake("!"))
            {
                return expression;
            }
        }
    }

    private BicepExpression ReadPrimary()
    {
        switch (Current.Kind)
        {
            case BicepTokenKind.Text:
                return ReadText();
            case BicepTokenKind.Number:
                return new ConstantExpression(long.Parse(Take().Value, CultureInfo.InvariantCulture));
            case BicepTokenKind.Name:
                return ReadNamed();
        }

        if (Current.Is("{"))
        {
            return ReadObject();
        }

        if (Current.Is("["))
        {
            return ReadArray();
        }

        Expect("(");
        SkipLines();
        var inner = ReadExpression();
        SkipLines();
        Expect(")");
        return inner;
    }

    private TextExpression ReadText()
    {
        var parts = Take().Parts;
        return new TextExpression(
            [.. parts.Where(part => part.Literal is not null).Select(part => part.Literal!)],
            [.. parts.Where(part => part.Literal is null).Select(part => ReadInserted(part.Inserted))]
        );
    }

    private BicepExpression ReadInserted(IReadOnlyList<BicepToken> inserted)
    {
        var parser = new BicepParser(inserted);
        var expression = parser.ReadExpression();
        return parser.Current.Kind is BicepTokenKind.End ? expression : throw Fault("an insertion holds too much");
    }

    private BicepExpression ReadNamed()
    {
        var name = Take().Value;
        if (Current.Is("("))
        {
            return name == "if" ? ReadIf() : new CallExpression(name, ReadArguments());
        }

        if (TryTake("=>"))
        {
            return new LambdaExpression(name, ReadExpression());
        }

        return name switch
        {
            "true" => new ConstantExpression(true),
            "false" => new ConstantExpression(false),
            "null" => new ConstantExpression(null),
            _ => new NameExpression(name),
        };
    }

    private IfExpression ReadIf()
    {
        Expect("(");
        var condition = ReadExpression();
        Expect(")");
        return new IfExpression(condition, ReadObject());
    }

    private List<BicepExpression> ReadArguments()
    {
        List<BicepExpression> arguments = [];
        Expect("(");
        SkipLines();
        while (!TryTake(")"))
        {
            arguments.Add(ReadExpression());
            SkipLines();
            if (!Current.Is(")"))
            {
                Expect(",");
                SkipLines();
            }
        }

        return arguments;
    }

    private ObjectExpression ReadObject()
    {
        List<BicepMember> members = [];
        Expect("{");
        SkipLines();
        while (!TryTake("}"))
        {
            BicepExpression key =
                Current.Kind is BicepTokenKind.Text ? ReadText() : new TextExpression([ExpectName()], []);
            Expect(":");
            members.Add(new BicepMember(key, ReadExpression()));
            EndItem("}");
        }

        return members.GroupBy(member => member.Name).All(named => named.Key is null || named.Count() == 1)
            ? new ObjectExpression(members)
            : throw Fault("a member is there twice");
    }

    private BicepExpression ReadArray()
    {
        List<BicepExpression> items = [];
        Expect("[");
        if (Current.IsWord("for"))
        {
            return ReadFor();
        }

        SkipLines();
        while (!TryTake("]"))
        {
            items.Add(ReadExpression());
            EndItem("]");
        }

        return new ArrayExpression(items);
    }

    private ForExpression ReadFor()
    {
        Take();
        var item = ExpectName();
        if (!Take().IsWord("in"))
        {
            throw Fault("'in' is missing");
        }

        var source = ReadExpression();
        Expect(":");
        var body = ReadExpression();
        Expect("]");
        return new ForExpression(item, source, body);
    }

    private void EndItem(string end)
    {
        if (!TryTake(",") && Current.Kind is not BicepTokenKind.NewLine && !Current.Is(end))
        {
            throw Fault($"'{Current.Value}' belongs on the next line");
        }

        SkipLines();
    }
}
