using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.WebConsole.Parts;

namespace NotificationHub.WebConsole;

/// <summary>Subjects of events. The subject of a user or an assignment contains a serial number or a user's ID.</summary>
internal static class PersonalSubjects
{
    private const string Withheld = "(withheld)";

    public static bool IsPersonal(string? subject) => subject is not null && FindKind(subject) is { IsPersonal: true };

    /// <summary>The subject without its user or device, for lists and for the role Read.</summary>
    public static string? Withhold(string? subject)
    {
        if (subject is null || FindKind(subject) is not { IsPersonal: true } kind)
        {
            return subject;
        }

        var key = subject[(kind.SubjectPrefix.Length + 1)..].Split('/');
        // The parts before the holder identify the app.
        var shown =
            kind == RecordKind.Assignment ? key.Take(2)
            : kind == RecordKind.SubscriptionAssignment ? key.Take(1)
            : [];
        return string.Join('/', [kind.SubjectPrefix, .. shown, Withheld]);
    }

    public static RecordKind? FindKind(string subject) =>
        RecordKind.All.FirstOrDefault(kind => subject.StartsWith($"{kind.SubjectPrefix}/", StringComparison.Ordinal));
}

internal static class DispositionTones
{
    public static Tone ToTone(this Disposition disposition) =>
        disposition switch
        {
            Disposition.Accepted or Disposition.Rerouted => Tone.Good,
            Disposition.Quarantined or Disposition.Unrecognized => Tone.Warning,
            Disposition.Rejected => Tone.Bad,
            _ => Tone.Neutral,
        };
}
