using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Model;

/// <summary>A location at Apple, what happens to it, and which content token the hub was given.</summary>
internal sealed class ModelLocation
{
    private readonly List<ContentToken> tokens = [];

    public ModelLocation(string id, SimulatedApple apple, Random random)
    {
        Id = id;
        Location = apple.AddLocation();
        // Apple sends to no URL: it creates notifications, and the mailbox delivers them.
        Location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = NotificationTypes.All,
        };
        Changes = new AppleChanges(Location, random);
        Changes.Begin();
        tokens.Add(Location.ContentToken);
    }

    public string Id { get; }

    public SimulatedLocation Location { get; }

    public AppleChanges Changes { get; }

    /// <summary>The one that the hub has.</summary>
    public ContentToken Stored { get; set; } = null!;

    /// <summary>The newest one, which an organization downloads and gives to the hub.</summary>
    public ContentToken Newest => tokens[^1];

    public ContentToken Issue(DateTimeOffset expiresAt)
    {
        tokens.Add(Location.IssueContentToken(expiresAt));
        return Newest;
    }

    public IReadOnlyList<string> Expected() => StateLines.Of(Location.ExportState());
}
