using NotificationHub.Simulator.Apple.Endpoints;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <summary>A location of the simulated Apple: its tokens, its Client Config, its records.</summary>
internal sealed partial class SimulatedLocation : IAsyncDisposable
{
    private readonly SimulationContext _context;
    private readonly EventLoop _events;
    private readonly Lock _lock = new();
    private readonly List<ContentToken> _contentTokens = [];
    private ClientConfiguration _configuration = ClientConfiguration.Empty;

    public SimulatedLocation(
        SimulationContext context,
        string uId,
        string locationName,
        string country,
        DateTimeOffset tokenExpiresAt
    )
    {
        _context = context;
        UId = uId;
        LocationName = locationName;
        Country = country;
        Records = new LocationRecords(context.Options.TimeProvider, () => context.Faults.ReadLag);
        _events = new EventLoop(WorkAsync, context.Outstanding);
        IssueContentToken(tokenExpiresAt);
    }

    public string UId { get; }

    public string LocationName { get; }

    public string Country { get; }

    /// <summary>The newest content token. Older ones stay valid until their state says otherwise.</summary>
    public ContentToken ContentToken
    {
        get
        {
            lock (_lock)
            {
                return _contentTokens[^1];
            }
        }
    }

    /// <summary>The .vpptoken file of the newest content token.</summary>
    public string ContentTokenFile => ContentToken.File;

    /// <summary>What Client Config holds.</summary>
    public ClientConfiguration Configuration
    {
        get
        {
            lock (_lock)
            {
                return _configuration;
            }
        }
        internal set
        {
            lock (_lock)
            {
                _configuration = value;
            }
        }
    }

    internal LocationRecords Records { get; }

    internal RateWindow Rate { get; } = new();

    internal PageRead.Counter PagesInFlight { get; } = new();

    internal Patience Patience { get; } = new();

    public ContentToken IssueContentToken(DateTimeOffset expiresAt)
    {
        var token = ContentToken.Create(_context.Random, LocationName, expiresAt);
        lock (_lock)
        {
            _contentTokens.Add(token);
        }

        return token;
    }

    /// <summary>Another server writes its own <c>mdmInfo</c>, and its notification URL where one is given.</summary>
    public void TakeOver(string mdmId, string mdmName, string metadata = "", Uri? url = null, string? secret = null)
    {
        var before = Configuration;
        Configuration = before with
        {
            MdmInfo = new MdmInfo(mdmId, mdmName, metadata),
            NotificationUrl = url ?? before.NotificationUrl,
            NotificationAuthToken = secret ?? before.NotificationAuthToken,
        };
    }

    public ValueTask DisposeAsync() => _events.DisposeAsync();

    internal ContentToken? FindContentToken(string text)
    {
        lock (_lock)
        {
            return _contentTokens.Find(token => token.Text == text);
        }
    }
}
