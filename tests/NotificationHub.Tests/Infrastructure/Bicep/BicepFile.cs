namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>A <c>.bicep</c> or <c>.bicepparam</c> file, read.</summary>
internal sealed class BicepFile
{
    private static readonly Dictionary<string, BicepDeclarationKind> Words = Enum.GetValues<BicepDeclarationKind>()
        .ToDictionary(kind => char.ToLowerInvariant(kind.ToString()[0]) + kind.ToString()[1..]);

    private readonly BicepParser parser;
    private readonly bool isParameterFile;

    private BicepFile(string path, string text)
    {
        Path = path;
        Text = text;
        isParameterFile = path.EndsWith(".bicepparam", StringComparison.Ordinal);
        try
        {
            parser = new BicepParser(BicepLexer.Read(text));
            Declarations = [.. ReadDeclarations()];
        }
        catch (BicepException exception)
        {
            throw new InvalidDataException($"{path}, {exception.Message}", exception);
        }
    }

    /// <summary>Relative to the folder of the files, with slashes.</summary>
    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<BicepDeclaration> Declarations { get; }

    /// <exception cref="InvalidDataException">It is not Bicep, or uses more of it than is read here.</exception>
    public static BicepFile Parse(string path, string text) => new(path, text);

    public IEnumerable<BicepDeclaration> Of(BicepDeclarationKind kind) =>
        Declarations.Where(declaration => declaration.Kind == kind);

    public BicepDeclaration this[BicepDeclarationKind kind, string name] =>
        Of(kind).Single(declaration => declaration.Name == name);

    public IEnumerable<BicepExpression> Expressions() =>
        Declarations
            .SelectMany(declaration => declaration.Decorators.Append(declaration.Value))
            .OfType<BicepExpression>()
            .SelectMany(expression => expression.All());

    private IEnumerable<BicepDeclaration> ReadDeclarations()
    {
        for (parser.SkipLines(); parser.Current.Kind is not BicepTokenKind.End; parser.SkipLines())
        {
            yield return ReadDeclaration(ReadDecorators());
            if (parser.Current.Kind is not (BicepTokenKind.NewLine or BicepTokenKind.End))
            {
                throw parser.Fault($"'{parser.Current.Value}' belongs on the next line");
            }
        }
    }

    private List<CallExpression> ReadDecorators()
    {
        List<CallExpression> decorators = [];
        for (; parser.TryTake("@"); parser.SkipLines())
        {
            decorators.Add(
                parser.ReadExpression() as CallExpression ?? throw parser.Fault("a decorator is a function")
            );
        }

        return decorators;
    }

    private BicepDeclaration ReadDeclaration(IReadOnlyList<CallExpression> decorators)
    {
        var word = parser.ExpectName();
        if (!Words.TryGetValue(word, out var kind))
        {
            throw parser.Fault($"'{word}' declares nothing");
        }

        if (kind is BicepDeclarationKind.Using)
        {
            return new BicepDeclaration(kind, word, TextAlone(), false, null, decorators);
        }

        var name = kind is BicepDeclarationKind.TargetScope ? word : parser.ExpectName();
        var type = ReadType(kind);
        var existing = parser.Current.IsWord("existing");
        if (existing)
        {
            parser.Take();
        }

        var mayLackValue = kind is BicepDeclarationKind.Param && !isParameterFile;
        if (!mayLackValue || parser.Current.Is("="))
        {
            parser.Expect("=");
            return new BicepDeclaration(kind, name, type, existing, parser.ReadExpression(), decorators);
        }

        return new BicepDeclaration(kind, name, type, existing, null, decorators);
    }

    private string ReadType(BicepDeclarationKind kind)
    {
        switch (kind)
        {
            case BicepDeclarationKind.Resource or BicepDeclarationKind.Module:
                return TextAlone();
            case BicepDeclarationKind.Output:
            case BicepDeclarationKind.Param when !isParameterFile:
                var type = parser.ExpectName();
                if (!parser.TryTake("["))
                {
                    return type;
                }

                parser.Expect("]");
                return $"{type}[]";
            default:
                return "";
        }
    }

    private string TextAlone() => parser.ReadExpression().Text ?? throw parser.Fault("a text alone is missing");
}
