using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Model;

/// <summary>A location at Apple with its changes and content tokens.</summary>
internal sealed class ModelLocation
{
    private readonly List<ContentToken> tokens = [];

    public ModelLocation(string id, SimulatedApple apple, Random random)
    {
        Id = id;
        Location = apple.AddLocation();
        // No URL: the simulated Apple only creates notifications, and UnreliableDelivery delivers them.
        Location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = NotificationTypes.All,
        };
        Changes = new AppleChanges(Location, random);
        Changes.AddRecords();
        tokens.Add(Location.ContentToken);
    }

    public string Id { get; }

    public SimulatedLocation Location { get; }

    public AppleChanges Changes { get; }

    /// <summary>The content token that the hub has.</summary>
    public ContentToken Stored { get; set; } = null!;

    /// <summary>The newest content token, which the hub may not have yet.</summary>
    public ContentToken Newest => tokens[^1];

    public ContentToken Issue(DateTimeOffset expiresAt)
    {
        tokens.Add(Location.IssueContentToken(expiresAt));
        return Newest;
    }

    public IReadOnlyList<string> Expected() => StateLines.Of(Location.ExportState());
}
