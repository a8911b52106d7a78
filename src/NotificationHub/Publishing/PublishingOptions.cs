using FluentValidation;

namespace NotificationHub.Publishing;

/// <summary>What leaves the hub.</summary>
internal sealed class PublishingOptions
{
    public const string Section = "Publishing";

    /// <summary>Whether events carry <c>inviteCode</c>: whoever has it can claim the user.</summary>
    public bool IncludeInviteCode { get; set; }

    /// <summary>
    /// Where consumers reach this hub, such as <c>https://hub.example.com</c>. An event too large for a message says there
    /// where it can be had; without it the reference is relative.
    /// </summary>
    public Uri? PublicUrl { get; set; }
}

internal sealed class PublishingOptionsValidator : AbstractValidator<PublishingOptions>
{
    public PublishingOptionsValidator()
    {
        RuleFor(options => options.PublicUrl)
            .Must(url => url is null || BeReachable(url))
            .WithMessage("must be an https URL without query; http is accepted for loopback addresses only");
    }

    private static bool BeReachable(Uri url) =>
        url.IsAbsoluteUri
        && url is { Query.Length: 0, Fragment.Length: 0, UserInfo.Length: 0 }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
