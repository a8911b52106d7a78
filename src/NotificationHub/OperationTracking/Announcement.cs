using FluentValidation;

namespace NotificationHub.OperationTracking;

/// <summary>What the MDM says of a request that it has sent to Apple.</summary>
internal sealed record Announcement
{
    /// <summary>The hub's id of the location.</summary>
    public string? Location { get; init; }

    /// <summary>The id that Apple answered with.</summary>
    public string? EventId { get; init; }

    /// <summary>Apple's word for it: <c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether it was sent with <c>deferred</c>: it takes effect at the end of the billing period.</summary>
    public bool Deferred { get; init; }

    /// <summary>How many tasks it has, such as assets × devices; null where the MDM does not say. With it the end is known from notifications alone.</summary>
    public long? Tasks { get; init; }
}

internal sealed class AnnouncementValidator : AbstractValidator<Announcement>
{
    /// <summary>25 assets for 1,000 users and 1,000 devices. Apple: Service Config.</summary>
    private const long MostTasks = 50_000;

    private const int MaxEventIdLength = 128;

    private const string Disassociate = "DISASSOCIATE";

    private static readonly string[] Kinds = ["ASSOCIATE", Disassociate, "REVOKE", "CREATE", "UPDATE", "RETIRE"];

    public AnnouncementValidator()
    {
        RuleFor(announcement => announcement.Location)
            .NotEmpty()
            .WithMessage("must be the hub's id of the location, as locations list shows it");
        RuleFor(announcement => announcement.EventId)
            .Must(id => id is { Length: > 0 and <= MaxEventIdLength })
            .WithMessage($"must be the eventId that Apple answered with, 1 to {MaxEventIdLength} characters");
        RuleFor(announcement => announcement.Kind)
            .Must(kind => Kinds.Contains(kind, StringComparer.Ordinal))
            .WithMessage($"must be one of {string.Join(", ", Kinds)}");
        RuleFor(announcement => announcement.Deferred)
            .Must((announcement, deferred) => !deferred || announcement.Kind is null or Disassociate)
            .WithMessage($"only {Disassociate} can be deferred");
        RuleFor(announcement => announcement.Tasks)
            .Must(tasks => tasks is null or (> 0 and <= MostTasks))
            .WithMessage($"must lie between 1 and {MostTasks}, or be left out");
    }
}
