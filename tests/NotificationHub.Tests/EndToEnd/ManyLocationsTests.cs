using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Locations;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A delivery costs the same work with ten thousand locations as with one.</summary>
public sealed class ManyLocationsTests
{
    private const int Locations = 10_000;

    [Fact]
    public async Task A_delivery_for_any_of_ten_thousand_locations_is_verified_from_memory()
    {
        await using var hub = await HubHost.StartAsync();
        await AddAsync(hub);
        var credentials = hub.Services.GetRequiredService<LocationCredentialCache>();
        credentials.All.Count().ShouldBe(Locations);
        // The hub does not notice this change, so a query for the secret would find none.
        await hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update notification_secret set state = 'retired'"),
            CancellationToken.None
        );

        foreach (var number in (int[])[0, Locations / 2, Locations - 1])
        {
            (await PostAsync(hub, number, Secret(number))).ShouldBe(HttpStatusCode.OK);
            (await PostAsync(hub, number, Secret(number + 1))).ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Finding_a_location_allocates_no_memory()
    {
        await using var hub = await HubHost.StartAsync();
        await AddAsync(hub);
        var credentials = hub.Services.GetRequiredService<LocationCredentialCache>();
        string[] ids = [.. Enumerable.Range(0, Locations).Select(Id)];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        foreach (var id in ids)
        {
            found += credentials.Find(id) is null ? 0 : 1;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        found.ShouldBe(Locations);
    }

    private static async Task AddAsync(HubHost hub)
    {
        await AddRowsAsync(hub);
        // Wait until the hub has loaded them; otherwise it could refresh at any time during the test.
        var version = await hub.Database.WriteAsync(
            transaction => transaction.ScalarAsync<long>("select value from change_counter where name = 'locations'"),
            CancellationToken.None
        );
        await hub.Services.GetRequiredService<ReplicaBarrier>().WaitAsync(version, CancellationToken.None);
    }

    // Each with its uId: routing would otherwise learn it from the first notification, and make the hub load the locations again.
    private static async Task AddRowsAsync(HubHost hub)
    {
        foreach (var numbers in Enumerable.Range(0, Locations).Chunk(1_000))
        {
            var rows = numbers.Select(number => new { Id = Id(number), Digest = Digest(number) }).ToList();
            await hub.Database.WriteAsync(
                async transaction =>
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into location (location_id, u_id, state, state_since, receive_only, read_number, created_at)
                        values (@Id, @Id, 'valid', 0, 1, 0, 0)
                        """,
                        rows
                    );
                    await transaction.ExecuteAsync(
                        "insert into notification_secret (location_id, sha256, state, created_at) values (@Id, @Digest, 'active', 0)",
                        rows
                    );
                    await transaction.ExecuteAsync(
                        "update change_counter set value = value + 1 where name = 'locations'"
                    );
                },
                CancellationToken.None
            );
        }
    }

    private static async Task<HttpStatusCode> PostAsync(HubHost hub, int number, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/notifications/{Id(number)}")
        {
            Content = new StringContent(TestLocation.Notification($"n-{number}", Id(number)), Encoding.UTF8),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return (await hub.Http.SendAsync(request)).StatusCode;
    }

    private static string Id(int number) => $"location{number:00000}";

    private static string Secret(int number) => $"the-secret-of-{number}";

    private static byte[] Digest(int number) => SHA256.HashData(Encoding.UTF8.GetBytes(Secret(number)));
}
