using System.Linq.Expressions;
using FluentValidation;

namespace NotificationHub.Auth;

/// <summary>A key that lets a program in, as the settings hold it; the key itself is kept nowhere.</summary>
internal class ApiKey
{
    /// <summary>The header for a key, as an alternative to a bearer token.</summary>
    public const string Header = "X-Api-Key";

    /// <summary>Whose key it is.</summary>
    public string Name { get; set; } = "";

    /// <summary>The SHA-256 of the key's UTF-8 bytes, as 64 hexadecimal digits.</summary>
    public string Sha256 { get; set; } = "";
}

internal static class ApiKeyRules
{
    private const int DigestDigits = 64;

    public static void JudgeKeys<TOptions, TKey>(
        this AbstractValidator<TOptions> validator,
        Expression<Func<TOptions, IReadOnlyList<TKey>>> keys
    )
        where TKey : ApiKey
    {
        validator
            .RuleForEach(AsSequence(keys))
            .ChildRules(key =>
            {
                key.RuleFor(value => value.Name).NotEmpty().WithMessage("must say whose key it is");
                key.RuleFor(value => value.Sha256)
                    .Must(digest => digest.Length == DigestDigits && digest.All(char.IsAsciiHexDigit))
                    .WithMessage("must be the SHA-256 of the key as 64 hexadecimal digits");
            });
        validator
            .RuleFor(keys)
            .Must(all => all.DistinctBy(key => key.Name, StringComparer.Ordinal).Count() == all.Count)
            .WithMessage("must not have a name twice");
    }

    private static Expression<Func<TOptions, IEnumerable<TKey>>> AsSequence<TOptions, TKey>(
        Expression<Func<TOptions, IReadOnlyList<TKey>>> keys
    ) => Expression.Lambda<Func<TOptions, IEnumerable<TKey>>>(keys.Body, keys.Parameters);
}
