using FluentValidation;

namespace NotificationHub.Auth;

/// <summary>Who may read the feed and the snapshots.</summary>
internal sealed class ConsumerOptions
{
    public const string Section = "Consumers";

    /// <summary>The keys that are accepted. With none, nothing is served outside Development.</summary>
    public IReadOnlyList<ConsumerKey> ApiKeys { get; set; } = [];
}

/// <summary>A consumer's key; the key itself is kept nowhere.</summary>
internal sealed class ConsumerKey : ApiKey;

internal sealed class ConsumerOptionsValidator : AbstractValidator<ConsumerOptions>
{
    public ConsumerOptionsValidator() => this.JudgeKeys(options => options.ApiKeys);
}
