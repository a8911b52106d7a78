using System.ComponentModel;
using System.Text.Json.Serialization;
using FluentValidation;

namespace NotificationHub.Erasure;

/// <summary>The values of <c>erasure.kind</c>.</summary>
internal static class ErasureKinds
{
    public const string Device = "device";

    public const string User = "user";
}

// A class, because a record's ToString would print the identifier.
/// <summary>The person or device whose data to erase, as received by a command or over HTTP.</summary>
internal sealed class ErasureRequest
{
    [Description("The device's serial number.")]
    public string? SerialNumber { get; init; }

    [Description("The user's clientUserId.")]
    public string? ClientUserId { get; init; }

    [Description("Only data of this location.")]
    [JsonPropertyName("location")]
    public string? LocationId { get; init; }

    [Description("Only count; change nothing.")]
    public bool DryRun { get; init; }

    internal string Kind => SerialNumber is null ? ErasureKinds.User : ErasureKinds.Device;

    internal string Subject => SerialNumber ?? ClientUserId ?? "";
}

internal sealed class ErasureRequestValidator : AbstractValidator<ErasureRequest>
{
    private const int MaxLength = 255;

    public ErasureRequestValidator()
    {
        RuleFor(request => request.SerialNumber)
            .Must((request, serial) => serial is null != request.ClientUserId is null)
            .WithMessage("requires either a serial number or a user ID");
        RuleFor(request => request.SerialNumber).Length(1, MaxLength).WithMessage("must be 1 to 255 characters long");
        RuleFor(request => request.ClientUserId).Length(1, MaxLength).WithMessage("must be 1 to 255 characters long");
    }
}

/// <summary>How many rows were redacted or deleted.</summary>
/// <param name="Records">Rows of the snapshot, refetch targets, operation reports and dead letters.</param>
internal readonly record struct ErasureCounts(long Notifications, long Events, long Records);

/// <param name="AuditSeq">The audit entry; null for a preview.</param>
/// <param name="IsDone">If not, the hub continues the erasure.</param>
/// <param name="Counts">Null if another process completed the erasure.</param>
internal sealed record ErasureResult(long? AuditSeq, bool IsDone, ErasureCounts? Counts);
