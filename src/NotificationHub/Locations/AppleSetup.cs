using FluentValidation;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Hosting;

namespace NotificationHub.Locations;

internal sealed class AppleOptions
{
    public const string Section = "Apple";

    /// <summary>The root of the management API, including the version. Only a loopback address may use http.</summary>
    public Uri BaseUrl { get; set; } = new AppleClientOptions().BaseUrl;
}

internal sealed class AppleOptionsValidator : AbstractValidator<AppleOptions>
{
    public AppleOptionsValidator() =>
        RuleFor(options => options.BaseUrl)
            .Must(IsSafe)
            .WithMessage(
                "must be an https URL without user, query or fragment, such as https://vpp.itunes.apple.com/mdm/v2 "
                    + "(http is accepted for loopback addresses only)"
            );

    private static bool IsSafe(Uri url) =>
        url is { IsAbsoluteUri: true, UserInfo: "", Query: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}

internal static class AppleSetup
{
    public static void AddApple(this HubBuilder hub)
    {
        hub.AddOptions(AppleOptions.Section, new AppleOptionsValidator());
        hub.Services.AddAppsAndBooksClient();
        hub.Services.AddOptions<AppleClientOptions>()
            .Configure<IOptions<AppleOptions>>((client, apple) => client.BaseUrl = apple.Value.BaseUrl);
    }
}
