namespace NotificationHub.Tests.Refetch;

public sealed class RefetchBurstTests : RefetchTest
{
    private const int Apps = 5;
    private const int Devices = 240;
    private const int Pages = 3;

    private protected override int PageSize => 80;

    [Fact]
    public async Task A_compressed_burst_costs_at_most_two_reads_per_app_and_page()
    {
        string[] apps = [.. Enumerable.Range(1, Apps).Select(app => $"{app}")];
        string[] devices = [.. Enumerable.Range(0, Devices).Select(device => $"D{device:000}")];
        foreach (var app in apps)
        {
            Location.AddAsset(app, total: Devices);
        }

        await Location.AssociateAsync(apps, devices);
        foreach (var batch in devices.Chunk(60))
        {
            foreach (var app in apps)
            {
                await RequestAsync([Asset(app), .. batch.Select(device => Assignments(app, $"serial:{device}"))]);
                Clock.Advance(TimeSpan.FromMilliseconds(150));
            }
        }

        await DrainAsync();

        Apple.Requests.Count("/assets").ShouldBeLessThanOrEqualTo(2 * Apps);
        Apple.Requests.Count("/assignments").ShouldBeLessThanOrEqualTo(2 * Apps * Pages);
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        Apple.Violations.ShouldBeEmpty();
        Apple.Requests.All.ShouldAllBe(request => request.Status == 200);
    }
}
