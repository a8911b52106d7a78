using FluentValidation;

namespace NotificationHub.Publishing.Feed;

/// <summary>Who may read the feed and the snapshots.</summary>
internal sealed class ConsumerOptions
{
    public const string Section = "Consumers";

    /// <summary>The keys that are accepted. With none, nothing is served outside Development.</summary>
    public IReadOnlyList<ConsumerKey> ApiKeys { get; set; } = [];
}

/// <summary>A consumer's key; the key itself is kept nowhere.</summary>
internal sealed class ConsumerKey
{
    /// <summary>Whose key it is.</summary>
    public string Name { get; set; } = "";

    /// <summary>The SHA-256 of the key's UTF-8 bytes, as 64 hexadecimal digits.</summary>
    public string Sha256 { get; set; } = "";
}

internal sealed class ConsumerOptionsValidator : AbstractValidator<ConsumerOptions>
{
    private const int DigestDigits = 64;

    public ConsumerOptionsValidator()
    {
        RuleForEach(options => options.ApiKeys)
            .ChildRules(key =>
            {
                key.RuleFor(value => value.Name).NotEmpty().WithMessage("must say whose key it is");
                key.RuleFor(value => value.Sha256)
                    .Must(digest => digest.Length == DigestDigits && digest.All(char.IsAsciiHexDigit))
                    .WithMessage("must be the SHA-256 of the key as 64 hexadecimal digits");
            });
        RuleFor(options => options.ApiKeys)
            .Must(keys => keys.DistinctBy(key => key.Name, StringComparer.Ordinal).Count() == keys.Count)
            .WithMessage("must not name a consumer twice");
    }
}
