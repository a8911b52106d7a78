using FluentValidation;

namespace NotificationHub.Publishing;

internal sealed class PublishingOptions
{
    public const string Section = "Publishing";

    /// <summary>Whether events contain <c>inviteCode</c>, with which its holder can claim the user.</summary>
    public bool IncludeInviteCode { get; set; }

    /// <summary>The URL of this hub for consumers, such as <c>https://hub.example.com</c>, used in claim checks.</summary>
    public Uri? PublicUrl { get; set; }
}

internal sealed class PublishingOptionsValidator : AbstractValidator<PublishingOptions>
{
    public PublishingOptionsValidator()
    {
        RuleFor(options => options.PublicUrl)
            .Must(url => url is null || IsReachable(url))
            .WithMessage("must be an https URL without a query; http is accepted only for loopback addresses");
    }

    private static bool IsReachable(Uri url) =>
        url.IsAbsoluteUri
        && url is { Query.Length: 0, Fragment.Length: 0, UserInfo.Length: 0 }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
