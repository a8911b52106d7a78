using NotificationHub.Simulator.Mdm;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>What an MDM receives while it fails in every way for an hour of virtual time.</summary>
public sealed class RelayStormTests
{
    private const int Burst = 8;

    private static readonly MdmResponse[] Failures =
    [
        MdmResponse.Status(401),
        MdmResponse.Status(404),
        MdmResponse.Status(500),
        MdmResponse.Silence,
        MdmResponse.Abort,
        MdmResponse.Slow(TimeSpan.FromSeconds(5)),
    ];

    [Fact]
    public async Task An_MDM_that_fails_for_an_hour_receives_everything_in_order_and_delays_no_other_MDM()
    {
        await using var scene = await RelayScene.StartAsync();
        var failing = await scene.AddMdmAsync("secret-of-the-failing-mdm");
        var healthy = await scene.AddMdmAsync("secret-of-the-healthy-mdm");

        foreach (var failure in Failures)
        {
            failing.Response = failure;
            await scene.PostAsync(Burst);
            await scene.ReceivedAsync(healthy, TimeSpan.FromMilliseconds(20));
            await scene.AdvanceAsync(failing, TimeSpan.FromMinutes(10));
        }

        failing.Response = MdmResponse.Accept;
        await scene.ReceivedAsync(failing, TimeSpan.FromSeconds(1));

        await scene.ShouldHaveReceivedEverythingAsync(failing);
        await scene.ShouldHaveReceivedEverythingAsync(healthy);
        failing.Deliveries.Count(delivery => !delivery.IsAccepted).ShouldBeLessThan(60, "the pauses grow");
    }
}
