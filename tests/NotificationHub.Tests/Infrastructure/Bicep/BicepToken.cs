namespace NotificationHub.Tests.Infrastructure.Bicep;

internal enum BicepTokenKind
{
    Name,
    Number,
    Text,
    Symbol,
    NewLine,
    End,
}

/// <param name="Value">The word or symbol; for a text, nothing.</param>
/// <param name="Parts">Of a text: its literal parts, and between them the tokens of what is inserted.</param>
internal sealed record BicepToken(BicepTokenKind Kind, string Value, int Line, IReadOnlyList<TextPart> Parts)
{
    public bool Is(string symbol) => Kind is BicepTokenKind.Symbol && Value == symbol;

    public bool IsWord(string word) => Kind is BicepTokenKind.Name && Value == word;
}

/// <summary>Either literal characters or the tokens of an insertion.</summary>
internal sealed record TextPart(string? Literal, IReadOnlyList<BicepToken> Inserted);

/// <summary>The text is not Bicep, or uses more of it than is read here.</summary>
internal sealed class BicepException(int line, string fault) : Exception($"line {line}: {fault}");
