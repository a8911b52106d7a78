using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;

namespace NotificationHub.Tests.Hosting.Connections;

public sealed class ConnectionLimiterTests : IDisposable
{
    // 4 unauthenticated, 12 authenticated.
    private const int MaxConnections = 16;

    private readonly TestMeters meters = new();
    private readonly ConnectionMetrics metrics;

    public ConnectionLimiterTests() => metrics = new ConnectionMetrics(meters);

    public void Dispose() => meters.Dispose();

    [Fact]
    public void A_flood_from_one_address_closes_connections_of_that_address_only()
    {
        var limiter = Limiter();
        using var other = new TestConnection(limiter, "10.0.0.9");

        var flood = Enumerable.Range(0, 20).Select(_ => new TestConnection(limiter, "10.0.0.1")).ToList();

        other.IsClosed.ShouldBeFalse();
        flood.Count(one => one.IsClosed).ShouldBe(17);
        flood[^1].IsClosed.ShouldBeFalse();
        limiter.Count.ShouldBe((4, 0));
        metrics.TakeClosed(ConnectionLimit.Unauthenticated).ShouldBe(17);
    }

    [Fact]
    public void The_newest_unauthenticated_connections_of_an_address_stay_open_up_to_its_limit()
    {
        var limiter = Limiter(maxPerAddress: 2);

        var all = Enumerable.Range(0, 3).Select(_ => new TestConnection(limiter, "10.0.0.1")).ToList();

        all.Select(one => one.IsClosed).ShouldBe([true, false, false]);
        metrics.TakeClosed(ConnectionLimit.Address).ShouldBe(1);
    }

    [Fact]
    public void A_flood_from_many_addresses_closes_the_oldest_connections_only()
    {
        var limiter = Limiter();

        var flood = Enumerable.Range(1, 20).Select(n => new TestConnection(limiter, $"10.0.0.{n}")).ToList();

        flood.Select(one => one.IsClosed).ShouldBe(Enumerable.Range(1, 20).Select(n => n <= 16));
    }

    [Fact]
    public void A_flood_does_not_close_an_authenticated_connection()
    {
        var limiter = Limiter(maxPerAddress: 2);
        using var apple = new TestConnection(limiter, "10.0.0.1");
        apple.Authenticate("north");

        _ = Enumerable.Range(1, 20).Select(n => new TestConnection(limiter, $"10.0.0.{1 + (n % 8)}")).ToList();

        apple.IsClosed.ShouldBeFalse();
        limiter.Count.ShouldBe((4, 1));
    }

    [Fact]
    public void Connections_with_one_credential_do_not_close_connections_with_another()
    {
        var limiter = Limiter();
        using var south = new TestConnection(limiter, "10.0.0.1");
        south.Authenticate("south");

        for (var n = 0; n < 20; n++)
        {
            new TestConnection(limiter, "10.0.0.1").Authenticate("north");
        }

        using var newcomer = new TestConnection(limiter, "10.0.0.1");
        newcomer.Authenticate("south");

        south.IsClosed.ShouldBeFalse();
        newcomer.IsClosed.ShouldBeFalse();
        limiter.Count.ShouldBe((0, 12));
    }

    [Fact]
    public async Task Every_slot_is_free_once_its_connection_has_ended()
    {
        var limiter = Limiter();
        var all = Enumerable.Range(0, 40).Select(_ => new TestConnection(limiter, "10.0.0.1")).ToList();
        foreach (var one in all.Where((_, index) => index % 2 == 0))
        {
            one.Authenticate("north");
        }

        foreach (var one in all)
        {
            await one.EndAsync();
        }

        limiter.Count.ShouldBe((0, 0));
    }

    [Fact]
    public void A_closed_connection_that_never_ends_occupies_no_slot()
    {
        var limiter = Limiter(maxPerAddress: 1);
        _ = new TestConnection(limiter, "10.0.0.1");
        _ = new TestConnection(limiter, "10.0.0.1");

        limiter.Count.ShouldBe((1, 0));
    }

    [Fact]
    public void A_request_without_a_valid_credential_makes_its_connection_unauthenticated_again()
    {
        var limiter = Limiter();
        using var one = new TestConnection(limiter, "10.0.0.1");
        one.Authenticate("north");
        one.EndRequest();
        limiter.Count.ShouldBe((0, 1));

        one.EndRequest();
        limiter.Count.ShouldBe((1, 0));

        one.Authenticate("north");
        one.EndRequest();
        limiter.Count.ShouldBe((0, 1));
    }

    [Fact]
    public void A_connection_counts_for_the_owner_of_its_last_credential()
    {
        var limiter = Limiter();
        using var changed = new TestConnection(limiter, "10.0.0.1");
        changed.Authenticate("north");
        changed.Authenticate("south");

        List<TestConnection> flood = [];
        for (var n = 0; n < 12; n++)
        {
            flood.Add(new TestConnection(limiter, "10.0.0.2"));
            flood[n].Authenticate("north");
        }

        changed.IsClosed.ShouldBeFalse();
        flood[0].IsClosed.ShouldBeTrue();
        limiter.Count.ShouldBe((0, 12));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::")]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1::")]
    [InlineData("2001:db8:0:2::1", "2001:db8:0:2::")]
    public void Addresses_of_one_subscriber_form_one_group(string address, string group) =>
        ConnectionLimiter.GroupOf(new IPEndPoint(IPAddress.Parse(address), 1)).ShouldBe(group);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_shutdown_aborts_connections_without_a_running_request_after_five_seconds(bool inRequest, bool aborted)
    {
        var time = new FakeTimeProvider();
        using var connection = new TestConnection(Limiter(), "10.0.0.1", time);
        connection.BeginRequest();
        if (!inRequest)
        {
            connection.EndRequest();
        }

        connection.BeginShutdown();
        time.Advance(TimeSpan.FromSeconds(4.9));
        connection.IsClosed.ShouldBeFalse();

        time.Advance(TimeSpan.FromSeconds(0.1));
        connection.IsClosed.ShouldBe(aborted);
    }

    private ConnectionLimiter Limiter(int maxPerAddress = int.MaxValue) => new(MaxConnections, maxPerAddress, metrics);

    private sealed class TestConnection : IDisposable
    {
        private readonly TaskCompletionSource end = new();
        private readonly Transport transport;
        private readonly Task run;

        public TestConnection(ConnectionLimiter limiter, string address, TimeProvider? time = null)
        {
            transport = new Transport { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) };
            run = limiter.RunAsync(transport, ListenerRoutes.Public, time ?? TimeProvider.System, _ => end.Task);
        }

        public bool IsClosed => transport.IsAborted;

        public void Authenticate(string credential) =>
            transport.Features.Get<TrackedConnection>()!.MarkAuthenticated("location", credential);

        public void BeginRequest() => transport.Features.Get<TrackedConnection>()!.BeginRequest();

        public void BeginShutdown() => transport.BeginShutdown();

        public void EndRequest() => transport.Features.Get<TrackedConnection>()!.EndRequest();

        public Task EndAsync()
        {
            end.TrySetResult();
            return run;
        }

        public void Dispose() => end.TrySetResult();
    }

    private sealed class Transport : DefaultConnectionContext, IConnectionLifetimeNotificationFeature
    {
        private readonly CancellationTokenSource shutdown = new();

        public Transport() => Features.Set<IConnectionLifetimeNotificationFeature>(this);

        public CancellationToken ConnectionClosedRequested
        {
            get => shutdown.Token;
            set => throw new NotSupportedException();
        }

        public void RequestClose() => throw new NotSupportedException();

        public void BeginShutdown() => shutdown.Cancel();

        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
