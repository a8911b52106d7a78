using System.ComponentModel;
using FluentValidation;
using NotificationHub.Apple;
using NotificationHub.Locations;

namespace NotificationHub.Hosting.Admin.Endpoints;

// No record: what that prints would have the token in it.
/// <summary>A location to be registered.</summary>
internal sealed class AddLocationInput
{
    [Description("The hub's public address, such as https://hub.example.com; Apple is given URL/notifications/ID.")]
    public string? Url { get; init; }

    [Description("The text of the content token's file, as it was downloaded from Apple; not with receiveOnly.")]
    public string? ContentToken { get; init; }

    [Description("Change nothing at Apple: the answer has the secret, this once, for the MDM to configure.")]
    public bool ReceiveOnly { get; init; }

    [Description("Record this mdmInfo.id; without it the recorded one is kept.")]
    public string? MdmId { get; init; }

    [Description("Record this mdmInfo.name.")]
    public string? MdmName { get; init; }

    [Description("Record this mdmInfo.metadata.")]
    public string? MdmMetadata { get; init; }
}

internal sealed class AddLocationInputValidator : AbstractValidator<AddLocationInput>
{
    public AddLocationInputValidator()
    {
        RuleFor(input => input.Url)
            .Custom(
                (url, context) =>
                {
                    if (!NotificationUrl.TryParseHub(url, out _, out var fault))
                    {
                        context.AddFailure(fault);
                    }
                }
            );
        When(
                input => input.ReceiveOnly,
                () =>
                {
                    RuleFor(input => input.ContentToken)
                        .Null()
                        .WithMessage("must be left out with receiveOnly: nothing is sent to Apple");
                    RuleFor(input => input.MdmId).Null().WithMessage(NotSent);
                    RuleFor(input => input.MdmName).Null().WithMessage(NotSent);
                    RuleFor(input => input.MdmMetadata).Null().WithMessage(NotSent);
                }
            )
            .Otherwise(() => RuleFor(input => input.ContentToken).IsContentToken());
    }

    private const string NotSent = "must be left out with receiveOnly: the MDM writes its own mdmInfo";
}

internal static class ContentTokenRule
{
    public static void IsContentToken<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (text, context) =>
            {
                if (!ContentToken.TryParse(text, out _, out var fault))
                {
                    context.AddFailure(fault);
                }
            }
        );

    /// <summary>The faults as problem details have them, by the members' names in JSON.</summary>
    public static Dictionary<string, string[]> FaultsOf<T>(this IValidator<T> validator, T input) =>
        validator
            .Validate(input)
            .Errors.GroupBy(fault => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(fault.PropertyName))
            .ToDictionary(
                faults => faults.Key,
                faults => faults.Select(fault => fault.ErrorMessage).ToArray(),
                StringComparer.Ordinal
            );
}
