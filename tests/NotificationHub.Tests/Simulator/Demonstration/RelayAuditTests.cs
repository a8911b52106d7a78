using System.Text;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Simulator.Mdm;

namespace NotificationHub.Tests.Simulator.Demonstration;

public sealed class RelayAuditTests
{
    private static readonly string[] Sent = ["n-1", "n-2", "n-3"];

    [Fact]
    public void A_complete_relay_passes() => Audit([.. Sent.Select(id => Delivery(id))]).ShouldBe(new(default, 0, 3));

    [Fact]
    public void A_notification_that_the_MDM_did_not_receive_is_lost() =>
        Audit(Delivery("n-1"), Delivery("n-3")).Losses.ShouldBe(new Losses(Lost: 1, Duplicated: 0, Unexpected: 0));

    [Fact]
    public void A_notification_that_the_MDM_received_twice_is_duplicated() =>
        Audit(Delivery("n-1"), Delivery("n-2"), Delivery("n-2"), Delivery("n-3"))
            .Losses.ShouldBe(new Losses(Lost: 0, Duplicated: 1, Unexpected: 0));

    [Fact]
    public void A_notification_with_another_body_is_lost_and_unexpected() =>
        Audit(Delivery("n-1"), Delivery("n-2", body: "{}"), Delivery("n-3"))
            .Losses.ShouldBe(new Losses(Lost: 1, Duplicated: 0, Unexpected: 1));

    [Fact]
    public void A_notification_that_overtakes_an_earlier_one_is_out_of_order() =>
        Audit(Delivery("n-2"), Delivery("n-1"), Delivery("n-3")).ShouldBe(new(default, 1, 3));

    [Fact]
    public void The_proof_of_the_registration_does_not_count()
    {
        var proof = Delivery("proof") with { NotificationType = "TEST_NOTIFICATION" };

        Audit([proof, .. Sent.Select(id => Delivery(id))]).ShouldBe(new(default, 0, 3));
    }

    private static RelayFindings Audit(params IReadOnlyList<MdmDelivery> accepted) =>
        RelayAudit.Run(
            [.. Sent.Select(id => new DeliveredNotification(id, "ASSET_COUNT", "1", Body(id), 1, 0, []))],
            [.. Sent.Select(id => MdmDelivery.Identify(id, Body(id)))],
            accepted
        );

    private static MdmDelivery Delivery(string id, string? body = null) =>
        new(
            id,
            "ASSET_COUNT",
            body is null ? Body(id) : Encoding.UTF8.GetBytes(body),
            "application/json",
            null,
            default,
            MdmResponse.Accept
        );

    private static byte[] Body(string id) => Encoding.UTF8.GetBytes(id);
}
