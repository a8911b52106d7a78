using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Events;
using NotificationHub.Refetch;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Snapshots;
using NotificationHub.Tests.FullSync;

namespace NotificationHub.Tests.Refetch;

/// <summary>A response that is not a complete page removes and publishes nothing in any read.</summary>
public sealed class MalformedResponseTests : FullSyncTest
{
    private static readonly string[] Paths =
    [
        "/assets",
        "/assignments",
        "/users",
        "/subscriptions",
        "/subscriptions/assignments",
    ];

    /// <summary>How often a page is requested within one read.</summary>
    private const int RequestsOfARead = 3;

    private static readonly Gen<Malformation[]> Malformations = Gen.Elements(Enum.GetValues<Malformation>())
        .ArrayOf(Paths.Length);

    [Fact]
    public async Task Malformed_pages_change_nothing_in_a_full_sync_and_in_a_refetch()
    {
        await PrepareAsync();
        var expected = (await CopyAsync()).Lines();
        expected.ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        var events = (await EventsAsync()).Count;

        Prop.ForAll(
                Malformations.ToArbitrary(),
                async malformations =>
                {
                    InjectMalformations(malformations);
                    await ReconcileAsync([.. RecordKind.All]);
                    InjectMalformations(malformations);
                    await ReadAsync(
                        Asset("1"),
                        Assignments("1"),
                        Assignments("2", "serial:D1"),
                        User("user-1"),
                        Subscription("12345"),
                        Seats("12345")
                    );
                    return (await EventsAsync()).Count == events;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(25));

        (await CopyAsync()).Lines().ShouldBe(expected);
    }

    [Fact]
    public async Task A_malformed_response_is_reported_with_its_cause_and_retried_without_an_hours_pause()
    {
        var options = new RefetchOptions();
        Location.AddAsset("1");
        Apple.Faults.Next(
            "/assets",
            [.. Enumerable.Repeat(Fault.Malformed(Malformation.NoList), options.MaxAttempts * RequestsOfARead)]
        );
        await RequestAsync(Asset("1"));
        for (var attempt = 0; attempt < options.MaxAttempts; attempt++)
        {
            await RunSlotAsync();
        }

        var failed = (await EventsAsync(EventNames.RefetchFailed)).ShouldHaveSingleItem();
        System.Text.Encoding.UTF8.GetString(failed.Data).ShouldContain("malformed response: no list assets");
        (await FaultAsync()).ShouldBe("malformed response: no list assets");
        var dueAt = await Store.ScalarAsync<long>("select min(due_at) from refetch_target");
        (dueAt - Clock.Milliseconds).ShouldBeLessThan((long)RefetchFailures.LongestRetryDelay.TotalMilliseconds);
        await DrainAsync();
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_web_page_is_not_reported_as_a_rejection_by_Apple()
    {
        Location.AddAsset("1");
        Apple.Faults.Next("/assets", Fault.Malformed(Malformation.Html));
        await RequestAsync(Asset("1"));
        await RunSlotAsync();

        (await FaultAsync()).ShouldBe("not an answer of the API (HTTP 200)");
    }

    [Fact]
    public async Task A_full_sync_keeps_its_position_and_names_the_cause()
    {
        await PrepareAsync();
        await Store.ExecuteAsync("update full_sync set due_at = 0 where kind = 'asset'");
        await RunFullSyncSlotAsync();
        Apple.Faults.Next("/assets", [.. Enumerable.Repeat(Fault.Malformed(Malformation.ForeignUId), RequestsOfARead)]);
        await RunFullSyncSlotAsync();

        (await Store.ScalarAsync<string>("select last_error from full_sync where kind = 'asset'")).ShouldBe(
            "malformed response: the uId of another location"
        );
        (await Store.ScalarAsync<long>("select pages from full_sync where kind = 'asset'")).ShouldBe(1);
    }

    private Task<string?> FaultAsync() => Store.ScalarAsync<string?>("select last_error from refetch_target");

    private async Task PrepareAsync()
    {
        foreach (var adamId in new[] { "1", "2", "3", "4" })
        {
            Location.AddAsset(adamId);
        }

        Location.AddUser("user-1", managedAppleId: "one@example.org");
        Location.AddUser("user-2", managedAppleId: "two@example.org");
        Location.AddSubscription(12345, renewing: 5);
        await Location.AssociateAsync(["1", "2"], ["D1", "D2", "D3"], ["user-1"]);
        await Location.AssociateSubscriptionsAsync([12345], ["user-1", "user-2"]);
        await ImportAsync();
        await ReadAsync(Asset("1"), Assignments("1"), User("user-1"), Subscription("12345"), Seats("12345"));
    }

    private void InjectMalformations(Malformation[] malformations)
    {
        Apple.Faults.Clear();
        foreach (var (path, malformation) in Paths.Zip(malformations))
        {
            // A web page is not requested again within the read.
            var requests = malformation == Malformation.Html ? 1 : RequestsOfARead;
            Apple.Faults.Next(path, [.. Enumerable.Repeat(Fault.Malformed(malformation), requests)]);
        }
    }
}
