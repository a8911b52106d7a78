using NotificationHub.Drill.Requests;

namespace NotificationHub.Tests.Refetch;

/// <summary>Apple's burst of 25 apps for 1,000 devices, through the hub's own stages on virtual time.</summary>
public sealed class BurstCostTests
{
    [Theory]
    [InlineData(5, false, 2)]
    [InlineData(5, true, 2)]
    [InlineData(300, false, 5)]
    [InlineData(300, true, 5)]
    public async Task No_app_is_read_more_often_than_allowed(int seconds, bool isMixed, int reads)
    {
        var cost = await RequestTable.MeasureBurstAsync(TimeSpan.FromSeconds(seconds), isMixed, CancellationToken.None);

        cost.Counts.ShouldBeLessThanOrEqualTo(reads);
        cost.Pages.ShouldBeLessThanOrEqualTo(reads * TypicalLocation.PagesPerApp);
    }
}
