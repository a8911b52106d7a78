namespace NotificationHub.Routing;

/// <summary>
/// Everything about a notification that does not fit. A fault names a member's path and what is expected there, never the
/// value: it may be personal, and the faults are logged and published.
/// </summary>
internal sealed class RoutingErrors
{
    private readonly List<string> texts = [];
    private readonly HashSet<string> paths = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Texts => texts;

    public bool Any => texts.Count > 0;

    /// <summary>Notes a fault, unless this member or one that holds it is known to be at fault already.</summary>
    public void Add(string path, string expected)
    {
        if (!IsKnown(path))
        {
            paths.Add(path);
            texts.Add($"{path}: {expected}");
        }
    }

    private bool IsKnown(string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (paths.Contains(path[..end]))
            {
                return true;
            }
        }

        return false;
    }
}
