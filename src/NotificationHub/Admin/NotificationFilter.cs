using System.ComponentModel;
using System.Text;
using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

// A class, because a record's ToString would print the identifiers of a person or device.
/// <summary>The conditions of a search, as received by a command or over HTTP; null members match every notification.</summary>
internal sealed class NotificationFilter
{
    private static readonly string[] EventIds = ["eventId"];
    private static readonly string[] AdamIds = ["adamId", "adamIds", "parentAdamId"];
    private static readonly string[] SerialNumbers = ["serialNumber", "serialNumbers"];
    private static readonly string[] ClientUserIds = ["clientUserId", "clientUserIds"];

    [FromQuery(Name = "disposition")]
    [Description("Only notifications with this disposition.")]
    public string? Disposition { get; init; }

    [FromQuery(Name = "location")]
    [Description("Only notifications of this location.")]
    public string? Location { get; init; }

    [FromQuery(Name = "type")]
    [Description("Only notifications with this notificationType.")]
    public string? Type { get; init; }

    [FromQuery(Name = "since")]
    [Description("Only notifications that were received at this time or later.")]
    public DateTimeOffset? Since { get; init; }

    [FromQuery(Name = "until")]
    [Description("Only notifications that were received before this time.")]
    public DateTimeOffset? Until { get; init; }

    [FromQuery(Name = "notificationId")]
    [Description("Only notifications with this notificationId.")]
    public string? NotificationId { get; init; }

    [FromQuery(Name = "eventId")]
    [Description("Only notifications with this Apple eventId.")]
    public string? EventId { get; init; }

    [FromQuery(Name = "adamId")]
    [Description("Only notifications about this app or book.")]
    public string? AdamId { get; init; }

    [FromQuery(Name = "serialNumber")]
    [Description("Only notifications that name this device.")]
    public string? SerialNumber { get; init; }

    [FromQuery(Name = "clientUserId")]
    [Description("Only notifications that name this user.")]
    public string? ClientUserId { get; init; }

    /// <summary>The number of <see cref="Disposition"/>.</summary>
    public Disposition? DispositionNumber => Disposition is null ? null : Dispositions.FromWireName(Disposition);

    /// <summary>Whether the filter names a person or device.</summary>
    public bool IsPersonal => SerialNumber is not null || ClientUserId is not null;

    /// <summary>Whether the search reads bodies.</summary>
    public bool ReadsBodies => EventId is not null || AdamId is not null || IsPersonal;

    // No index covers accepted notifications.
    public bool IsIndexed => DispositionNumber is not (null or Storage.Disposition.Accepted) && !ReadsBodies;

    /// <summary>Whether the body has all required values in the members that Apple uses for them.</summary>
    public bool Matches(byte[] body) =>
        IsIn(body, EventIds, EventId)
        && IsIn(body, AdamIds, AdamId)
        && IsIn(body, SerialNumbers, SerialNumber)
        && IsIn(body, ClientUserIds, ClientUserId);

    private static bool IsIn(byte[] body, string[] members, string? value) =>
        value is null || NotificationContent.Contains(body, members, value);
}

internal sealed class NotificationFilterValidator : AbstractValidator<NotificationFilter>
{
    // The intake stores no longer IDs.
    private const int MaxLength = 512;
    private const int MaxDigits = 19;

    public static readonly string ExpectedAdamId = $"must be 1 to {MaxDigits} digits";

    public NotificationFilterValidator()
    {
        RuleFor(filter => filter.Disposition)
            .Must(name => name is null || Dispositions.FromWireName(name) is not null)
            .WithMessage($"must be one of {string.Join(", ", Dispositions.WireNames)}");
        RuleFor(filter => filter.Location).Must(IsText).WithMessage(Expected);
        RuleFor(filter => filter.Type).Must(IsText).WithMessage(Expected);
        RuleFor(filter => filter.Until)
            .Must((filter, until) => until is null || filter.Since is null || filter.Since < until)
            .WithMessage("must be later than since");
        RuleFor(filter => filter.NotificationId).Must(IsText).WithMessage(Expected);
        RuleFor(filter => filter.EventId).Must(IsText).WithMessage(Expected);
        RuleFor(filter => filter.AdamId).Must(id => id is null || IsAdamId(id)).WithMessage(ExpectedAdamId);
        RuleFor(filter => filter.SerialNumber).Must(IsText).WithMessage(Expected);
        RuleFor(filter => filter.ClientUserId).Must(IsText).WithMessage(Expected);
    }

    public static bool IsAdamId(string id) => id.Length is > 0 and <= MaxDigits && id.All(char.IsAsciiDigit);

    private static string Expected => $"must have 1 to {MaxLength} characters";

    private static bool IsText(string? text) => text is null or { Length: > 0 and <= MaxLength };
}

internal static class NotificationContent
{
    private static readonly JsonReaderOptions Tolerant = new() { MaxDepth = NotificationLog.MaxDepth };

    /// <summary>Whether one of the members has this value, alone or in a list. In a body that is not JSON, the text suffices.</summary>
    public static bool Contains(ReadOnlySpan<byte> body, IReadOnlyList<string> members, string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        try
        {
            return IsNamed(ByteOrderMark.Skip(body), members, utf8);
        }
        // InvalidOperationException: an escape that is an unpaired surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return body.IndexOf(utf8) >= 0;
        }
    }

    private static bool IsNamed(ReadOnlySpan<byte> json, IReadOnlyList<string> members, ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(json, Tolerant);
        var found = false;
        // The depth of the member whose value or list is being read.
        var depth = -1;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    depth = IsOneOf(ref reader, members) ? reader.CurrentDepth : -1;
                    break;
                case JsonTokenType.String when IsValue(reader.CurrentDepth, depth):
                    found |= reader.ValueTextEquals(value);
                    break;
                case JsonTokenType.Number when IsValue(reader.CurrentDepth, depth):
                    found |= reader.ValueSpan.SequenceEqual(value);
                    break;
            }
        }

        // Only at the end, because a match in a body that is not JSON is not reliable.
        return found;
    }

    // A value has the depth of its name, an element of its list the next one.
    private static bool IsValue(int depth, int ofMember) => ofMember >= 0 && depth - ofMember is 0 or 1;

    private static bool IsOneOf(ref Utf8JsonReader reader, IReadOnlyList<string> members)
    {
        foreach (var member in members)
        {
            if (reader.ValueTextEquals(member))
            {
                return true;
            }
        }

        return false;
    }
}
