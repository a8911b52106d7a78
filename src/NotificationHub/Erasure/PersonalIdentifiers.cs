using System.Text;
using NotificationHub.Snapshots;

namespace NotificationHub.Erasure;

/// <summary>The texts that name a person or a device: what was asked for, and for a user what else was found to say who it is.</summary>
internal sealed class PersonalIdentifiers
{
    /// <summary>What stands in the place of what was taken out.</summary>
    public const string Erased = "(purged)";

    /// <summary>Anything shorter would be found in what has nothing to do with it.</summary>
    private const int ShortestFound = 4;

    private const int MostFound = 200;

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
            all.Add(UserKeys.Of(subject));
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

    /// <summary>What was found besides the subject.</summary>
    public IReadOnlyCollection<string> Found => found;

    /// <summary>As targets name it, and keys but for what they escape.</summary>
    public string Holder => HolderOf(Subject);

    private string ErasedHolder => HolderOf(Erased);

    public void Add(string text)
    {
        if (text.Length >= ShortestFound && found.Count < MostFound && all.Add(text))
        {
            found.Add(text);
            needles.Add(Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>False where JSON surely holds none of them. An escape can spell anything.</summary>
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

    public bool IsOne(string text) => all.Contains(text);

    public bool AreIn(string text) => Redact(text) != text;

    /// <summary>Takes them out of a text; only whole words are, for one may be part of what names somebody else.</summary>
    public string Redact(string text)
    {
        foreach (var term in all)
        {
            for (
                var at = text.IndexOf(term, StringComparison.Ordinal);
                at >= 0;
                at = at < text.Length ? text.IndexOf(term, at, StringComparison.Ordinal) : -1
            )
            {
                var whole = IsEdge(text, at, at - 1) && IsEdge(text, at + term.Length - 1, at + term.Length);
                text = whole ? string.Concat(text.AsSpan(0, at), Erased, text.AsSpan(at + term.Length)) : text;
                at += whole ? Erased.Length : 1;
            }
        }

        return text;
    }

    /// <summary>The subject of an event, without the key of a record that is theirs.</summary>
    public string RedactSubject(string subject)
    {
        if (subject.Split('/', 2) is not [var prefix, var key])
        {
            return subject;
        }

        return prefix == RecordKind.User.SubjectPrefix && IsUser && RecordKeys.ActiveUser(key) == UserKeys.Of(Subject)
                ? $"{prefix}/{Erased}"
            : prefix == RecordKind.Assignment.SubjectPrefix && IsAssignment(key)
                ? $"{prefix}/{key[..^UserKeys.Last(Holder).Length]}{ErasedHolder}"
            : prefix == RecordKind.SubscriptionAssignment.SubjectPrefix && IsSubscriptionAssignment(key)
                ? $"{prefix}/{key[..^UserKeys.Last(Subject).Length]}{Erased}"
            : subject;
    }

    /// <summary>Whether the key <c>adamId/pricingParam/holder</c> is of theirs.</summary>
    public bool IsAssignment(string key) => key.Split('/', 3) is [_, _, var holder] && holder == UserKeys.Last(Holder);

    /// <summary>Whether the key <c>adamId/clientUserId</c> is of theirs.</summary>
    public bool IsSubscriptionAssignment(string key) =>
        IsUser && key.Split('/', 2) is [_, var user] && user == UserKeys.Last(Subject);

    private string HolderOf(string name) => IsUser ? RecordKeys.UserHolder(name) : RecordKeys.SerialHolder(name);

    private static bool IsEdge(string text, int inside, int outside) =>
        outside < 0
        || outside >= text.Length
        || !char.IsLetterOrDigit(text[inside])
        || !char.IsLetterOrDigit(text[outside]);
}
