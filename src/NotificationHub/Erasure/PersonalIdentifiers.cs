using System.Text;
using NotificationHub.Snapshots;

namespace NotificationHub.Erasure;

/// <summary>The identifiers of a person or device: the requested one and, for a user, those found with it.</summary>
internal sealed class PersonalIdentifiers
{
    public const string Erased = "(erased)";

    // A shorter text would match unrelated data.
    private const int MinFoundLength = 4;

    private const int MaxFound = 200;

    private readonly HashSet<string> all;
    private readonly HashSet<string> found = new(StringComparer.Ordinal);
    private readonly List<byte[]> needles;

    public PersonalIdentifiers(string kind, string subject, IEnumerable<string> found)
    {
        Subject = subject;
        IsUser = kind == ErasureKinds.User;
        all = new HashSet<string>(StringComparer.Ordinal) { subject };
        if (IsUser)
        {
            all.Add(UserKeys.Escape(subject));
        }

        all.Add(UserKeys.Last(subject));
        needles = [.. all.Select(Encoding.UTF8.GetBytes)];
        foreach (var text in found)
        {
            Add(text);
        }
    }

    public string Subject { get; }

    public bool IsUser { get; }

    public IReadOnlyCollection<string> Found => found;

    /// <summary>The holder in targets and, before escaping, in record keys.</summary>
    public string Holder => CreateHolder(Subject);

    public void Add(string text)
    {
        if (text.Length >= MinFoundLength && found.Count < MaxFound && all.Add(text))
        {
            found.Add(text);
            needles.Add(Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>Whether JSON may contain an identifier; an escape can hide one.</summary>
    public bool MayBeIn(ReadOnlySpan<byte> json)
    {
        foreach (var needle in needles)
        {
            if (json.IndexOf(needle) >= 0)
            {
                return true;
            }
        }

        return json.Contains((byte)'\\');
    }

    public bool Contains(string text) => all.Contains(text);

    public bool AreIn(string text) => Redact(text) != text;

    /// <summary>Redacts whole words only, because another person's identifier may contain one.</summary>
    public string Redact(string text)
    {
        foreach (var identifier in all)
        {
            for (
                var at = text.IndexOf(identifier, StringComparison.Ordinal);
                at >= 0;
                at = at < text.Length ? text.IndexOf(identifier, at, StringComparison.Ordinal) : -1
            )
            {
                var whole =
                    IsEdge(text, at, at - 1) && IsEdge(text, at + identifier.Length - 1, at + identifier.Length);
                text = whole ? string.Concat(text.AsSpan(0, at), Erased, text.AsSpan(at + identifier.Length)) : text;
                at += whole ? Erased.Length : 1;
            }
        }

        return text;
    }

    /// <summary>Redacts the subject of an event if it is the key of the person's or device's record.</summary>
    public string RedactSubject(string subject)
    {
        if (subject.Split('/', 2) is not [var prefix, var key])
        {
            return subject;
        }

        return prefix == RecordKind.User.SubjectPrefix
            && IsUser
            && RecordKeys.ActiveUser(key) == UserKeys.Escape(Subject)
                ? $"{prefix}/{Erased}"
            : prefix == RecordKind.Assignment.SubjectPrefix && IsAssignment(key)
                ? $"{prefix}/{key[..^UserKeys.Last(Holder).Length]}{CreateHolder(Erased)}"
            : prefix == RecordKind.SubscriptionAssignment.SubjectPrefix && IsSubscriptionAssignment(key)
                ? $"{prefix}/{key[..^UserKeys.Last(Subject).Length]}{Erased}"
            : subject;
    }

    /// <summary>Whether <c>adamId/pricingParam/holder</c> is an assignment of the person or device.</summary>
    public bool IsAssignment(string key) => key.Split('/', 3) is [_, _, var holder] && holder == UserKeys.Last(Holder);

    /// <summary>Whether <c>adamId/clientUserId</c> is a seat of the person.</summary>
    public bool IsSubscriptionAssignment(string key) =>
        IsUser && key.Split('/', 2) is [_, var user] && user == UserKeys.Last(Subject);

    private string CreateHolder(string name) => IsUser ? RecordKeys.UserHolder(name) : RecordKeys.SerialHolder(name);

    private static bool IsEdge(string text, int inside, int outside) =>
        outside < 0
        || outside >= text.Length
        || !char.IsLetterOrDigit(text[inside])
        || !char.IsLetterOrDigit(text[outside]);
}
