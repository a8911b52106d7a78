using System.Globalization;

namespace NotificationHub.Events;

/// <summary>Decides whether a <c>*.changed</c> event is newer than the copy of its record.</summary>
/// <remarks>
/// Store the revision with each record (location and subject), also with a removed one. After a <c>*.restated</c> or
/// <c>hub.restored</c> event, or when a copy is built from a snapshot, also store the revision from which events of the
/// location and kind count.
/// </remarks>
public static class RevisionGuard
{
    /// <summary>Whether to apply the event.</summary>
    /// <param name="changed">The event; one without a revision is never applied.</param>
    /// <param name="known">The stored revision of the record; null if it is unknown.</param>
    /// <param name="from">
    /// The lowest revision that counts for this location and kind: <c>fromRevision</c> of the last
    /// <see cref="RecordsRestated"/>, or the sequence of the snapshot; null if there is none.
    /// </param>
    public static bool Accepts(CloudEvent changed, string? known, string? from = null)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return changed.Revision is { } revision
            && (known is null || string.CompareOrdinal(revision, known) > 0)
            && (from is null || string.CompareOrdinal(revision, from) >= 0);
    }

    /// <summary>Converts a sequence, such as the header's of a snapshot, into a revision: 19 digits that sort as text.</summary>
    public static string FromSequence(long sequence) => sequence.ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>The kind of record of a subject, such as <c>assets</c> of <c>assets/408709785/STDQ</c>.</summary>
    public static string KindOf(string subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return subject.IndexOf('/', StringComparison.Ordinal) is var end and >= 0 ? subject[..end] : subject;
    }
}
