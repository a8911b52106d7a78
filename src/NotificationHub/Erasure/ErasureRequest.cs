using FluentValidation;

namespace NotificationHub.Erasure;

/// <summary>The words of <c>erasure.kind</c>.</summary>
internal static class ErasureKinds
{
    public const string Device = "device";

    public const string User = "user";
}

// No record: what that prints would name whom.
/// <summary>Whose data is to go.</summary>
internal sealed class ErasureRequest
{
    public string? SerialNumber { get; init; }

    /// <summary>The MDM's id of a user.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Only what was kept of this location; null for all.</summary>
    public string? LocationId { get; init; }

    public string Kind => SerialNumber is null ? ErasureKinds.User : ErasureKinds.Device;

    public string Subject => SerialNumber ?? ClientUserId ?? "";
}

internal sealed class ErasureRequestValidator : AbstractValidator<ErasureRequest>
{
    private const int Longest = 255;

    public ErasureRequestValidator()
    {
        RuleFor(request => request.SerialNumber)
            .Must((request, serial) => serial is null != request.ClientUserId is null)
            .WithMessage("give either a serial number or a user's id");
        RuleFor(request => request.SerialNumber).Length(1, Longest).WithMessage("must have 1 to 255 characters");
        RuleFor(request => request.ClientUserId).Length(1, Longest).WithMessage("must have 1 to 255 characters");
    }
}

/// <summary>How much there was.</summary>
/// <param name="Notifications">Posts in which it was made illegible.</param>
/// <param name="Events">Events in which it was made illegible.</param>
/// <param name="Records">What was removed or made illegible elsewhere: the snapshot, refetch targets, reports of operations, dead letters.</param>
internal readonly record struct ErasureCounts(long Notifications, long Events, long Records);

/// <param name="AuditSeq">The entry of the audit log; null for a rehearsal.</param>
/// <param name="IsDone">False: it goes on by itself.</param>
/// <param name="Counts">Null where another process has done it.</param>
internal sealed record ErasureResult(long? AuditSeq, bool IsDone, ErasureCounts? Counts);
