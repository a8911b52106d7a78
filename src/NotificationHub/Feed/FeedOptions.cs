using FluentValidation;

namespace NotificationHub.Feed;

/// <summary>The limits of the feed.</summary>
internal sealed class FeedOptions
{
    public const string Section = "Feed";

    /// <summary>The maximum number of requests that wait for events at the same time; more get 503.</summary>
    public int MaxLongPolls { get; set; } = 256;

    /// <summary>The maximum number of waiting requests per consumer; more get 429.</summary>
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
