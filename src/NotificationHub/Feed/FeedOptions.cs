using FluentValidation;

namespace NotificationHub.Feed;

internal sealed class FeedOptions
{
    public const string Section = "Feed";

    /// <summary>Maximum number of concurrent requests that wait for events; further requests get 503.</summary>
    public int MaxLongPolls { get; set; } = 256;

    /// <summary>Maximum number of waiting requests per consumer; further requests get 429.</summary>
    public int MaxLongPollsPerConsumer { get; set; } = 32;
}

internal sealed class FeedOptionsValidator : AbstractValidator<FeedOptions>
{
    public FeedOptionsValidator()
    {
        RuleFor(options => options.MaxLongPolls).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.MaxLongPollsPerConsumer).GreaterThan(0).WithMessage("must be positive");
    }
}
