using FluentValidation;
using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>What can be judged of a registration without Apple.</summary>
internal static class RegistrationRules
{
    /// <summary>Apple: Service Config, <c>maxMdmIdLength</c>, <c>maxMdmNameLength</c>, <c>maxMdmMetadataLength</c>.</summary>
    private const int LongestId = 100;
    private const int LongestName = 100;
    private const int LongestMetadata = 255;

    public static void IsHubUrl<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (url, context) =>
            {
                if (!NotificationUrl.TryParseHub(url, out _, out var fault))
                {
                    context.AddFailure(fault);
                }
            }
        );

    /// <param name="rule">Of the text of a content token's file. It is not repeated.</param>
    /// <param name="missing">What is said where there is none.</param>
    public static void IsContentToken<T>(this IRuleBuilder<T, string?> rule, string missing = "is missing") =>
        rule.Custom(
            (text, context) =>
            {
                if (text is null)
                {
                    context.AddFailure(missing);
                }
                else if (!ContentToken.TryParse(text, out _, out var fault))
                {
                    context.AddFailure(fault);
                }
            }
        );

    public static IRuleBuilderOptions<T, string?> IsMdmId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Fits(LongestId);

    public static IRuleBuilderOptions<T, string?> IsMdmName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Fits(LongestName);

    public static IRuleBuilderOptions<T, string?> IsMdmMetadata<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null or { Length: <= LongestMetadata })
            .WithMessage($"may be at most {LongestMetadata} characters long");

    private static IRuleBuilderOptions<T, string?> Fits<T>(this IRuleBuilder<T, string?> rule, int longest) =>
        rule.Must(text => text is null || (text.Length > 0 && text.Length <= longest))
            .WithMessage($"must be 1 to {longest} characters long; leave it out to keep what Apple has");
}
