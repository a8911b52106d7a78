using NotificationHub.Simulator.Apple.Endpoints;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <summary>A location of the simulated Apple: content tokens, Client Config, records.</summary>
internal sealed partial class SimulatedLocation : IAsyncDisposable
{
    private readonly SimulationContext _context;
    private readonly EventLoop _events;
    private readonly Lock _lock = new();
    private readonly List<ContentToken> _contentTokens = [];
    private readonly List<(string EventId, SeatRequest Seat)> _deferred = [];
    private readonly ITimer? _billing;
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
        _events = new EventLoop(WorkAsync, context.PendingWork);
        IssueContentToken(tokenExpiresAt);
        if (context.Options.BillingPeriod is { } period)
        {
            _billing = context.Options.TimeProvider.CreateTimer(_ => EndBillingPeriods(), null, period, period);
        }
    }

    public string UId { get; }

    public string LocationName { get; }

    public string Country { get; }

    /// <summary>The newest content token. Older ones stay valid until their state changes.</summary>
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

    public string ContentTokenFile => ContentToken.File;

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

    internal RequestLimits Limits { get; } = new();

    public ContentToken IssueContentToken(DateTimeOffset expiresAt)
    {
        var token = ContentToken.Create(_context.Random, LocationName, expiresAt);
        lock (_lock)
        {
            _contentTokens.Add(token);
        }

        return token;
    }

    /// <summary>Writes the <c>mdmInfo</c> of another server and, if given, its notification URL.</summary>
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

    public async ValueTask DisposeAsync()
    {
        if (_billing is not null)
        {
            await _billing.DisposeAsync();
        }

        await _events.DisposeAsync();
    }

    internal ContentToken? FindContentToken(string text)
    {
        lock (_lock)
        {
            return _contentTokens.Find(token => token.Text == text);
        }
    }
}

internal sealed record MdmInfo(string Id, string Name, string Metadata);

internal sealed record ClientConfiguration(
    MdmInfo? MdmInfo,
    Uri? NotificationUrl,
    string? NotificationAuthToken,
    IReadOnlyList<string> NotificationTypes
)
{
    public static ClientConfiguration Empty { get; } = new(null, null, null, []);
}
