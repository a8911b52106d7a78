namespace NotificationHub.Storage;

/// <summary>Whoever has something changed.</summary>
/// <param name="Name">Such as <c>key:pipeline</c>, <c>entra:…</c>, <c>os:alice</c>.</param>
/// <param name="Origin">From where: an address, or the command line of a machine.</param>
internal sealed record Actor(string Name, string Origin)
{
    /// <summary>Whoever runs this process, for a command.</summary>
    public static Actor OfCommand { get; } =
        new($"os:{Environment.UserName}", $"command line of {Environment.MachineName}");
}
