using System.ComponentModel;
using FluentValidation;

namespace NotificationHub.Locations;

// No record: what that prints would have the token in it.
/// <summary>A location to be registered, as it is asked for: by a command or over HTTP.</summary>
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

/// <summary>Judges all that can be judged without Apple.</summary>
internal sealed class AddLocationInputValidator : AbstractValidator<AddLocationInput>
{
    private const string NotSent = "must be left out of a receive-only location: the MDM writes its own mdmInfo";

    public AddLocationInputValidator()
    {
        RuleFor(input => input.Url).IsHubUrl();
        When(input => input.ReceiveOnly, JudgeReceiving).Otherwise(JudgeRegistering);
    }

    private void JudgeReceiving()
    {
        RuleFor(input => input.ContentToken)
            .Null()
            .WithMessage("must be left out of a receive-only location: nothing is sent to Apple");
        RuleFor(input => input.MdmId).Null().WithMessage(NotSent);
        RuleFor(input => input.MdmName).Null().WithMessage(NotSent);
        RuleFor(input => input.MdmMetadata).Null().WithMessage(NotSent);
    }

    private void JudgeRegistering()
    {
        RuleFor(input => input.ContentToken).IsContentToken("is missing; only a receive-only location has none");
        RuleFor(input => input.MdmId).IsMdmId();
        RuleFor(input => input.MdmName).IsMdmName();
        RuleFor(input => input.MdmMetadata).IsMdmMetadata();
    }
}
