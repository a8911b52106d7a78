using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Crash;

/// <summary>Proves that the check finds violations.</summary>
public sealed class OwnershipCheckTests
{
    private const string Topic = "assets";

    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch);
    private readonly LocalTopic topic;
    private readonly List<Takeover> takeovers = [Acquired(at: 1_000, by: "one", token: 1)];
    private readonly List<InjectedFailure> failures = [];

    public OwnershipCheckTests() =>
        topic = new LocalTopic(
            Topic,
            TimeSpan.FromMinutes(10),
            [],
            new LocalServiceBusOptions { TimeProvider = clock },
            new ViolationCollection()
        );

    [Fact]
    public void Owners_may_continue_and_repeat_from_the_cursor()
    {
        Send(at: 1_100, first: 1);
        Send(at: 1_200, first: 5);
        Send(at: 1_300, first: 5);
        takeovers.Add(Acquired(at: 7_000, by: "two", token: 2, from: "one", until: 6_500));
        Send(at: 7_100, first: 5);

        Check();
    }

    [Fact]
    public void The_check_finds_an_owner_that_sends_out_of_order()
    {
        Send(at: 1_100, first: 5);
        Send(at: 1_200, first: 1);

        Should.Throw<ShouldAssertException>(Check).Message.ShouldContain("1 after 5");
    }

    [Fact]
    public void An_owner_that_resumes_after_a_pause_may_send_late()
    {
        takeovers.Add(Acquired(at: 7_000, by: "two", token: 2, from: "one", until: 6_500));
        Send(at: 7_100, first: 5);
        failures.Add(new InjectedFailure(FailureInjector.Paused, 0, Time(2_000)) { Finished = Time(7_200) });
        Send(at: 7_300, first: 1);

        Check();
    }

    [Fact]
    public void The_check_finds_a_lease_that_was_acquired_too_early()
    {
        takeovers.Add(Acquired(at: 6_000, by: "two", token: 2, from: "one", until: 6_500));

        Should.Throw<ShouldAssertException>(Check).Message.ShouldContain("acquired while another owner held the lease");
    }

    private void Check() => new OwnershipCheck(takeovers, [topic], failures).ShouldHaveOneOwner();

    private void Send(long at, long first)
    {
        clock.Advance(Time(at) - clock.GetUtcNow());
        topic.Accept([
            new BusMessage
            {
                MessageId = $"1-{first}",
                Body = default,
                Properties = new Dictionary<string, object>(),
            },
        ]);
    }

    private static DateTimeOffset Time(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at);

    private static Takeover Acquired(long at, string by, long token, string? from = null, long until = 0) =>
        new(0, $"publishing:{Topic}", from, token - 1, until, by, token, at);
}
