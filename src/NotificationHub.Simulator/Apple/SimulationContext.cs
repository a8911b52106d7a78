using NotificationHub.Simulator.Apple.Delivery;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple;

/// <summary>What the parts of one simulated Apple share.</summary>
internal sealed record SimulationContext(
    SimulatedAppleOptions Options,
    SeededRandom Random,
    SimulatedAppleFaults Faults,
    Violations Violations,
    Outstanding Outstanding,
    NotificationDelivery Delivery
);
