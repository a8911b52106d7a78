using System.Collections.Concurrent;
using NotificationHub.Simulator.Apple.Delivery;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple;

internal sealed record SimulationContext(
    SimulatedAppleOptions Options,
    SeededRandom Random,
    SimulatedAppleFaults Faults,
    AppleLimits Limits,
    Violations Violations,
    PendingWork PendingWork,
    NotificationDelivery Delivery
);

/// <summary>Counts pending work and signals when there is none.</summary>
internal sealed class PendingWork
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public PendingWork() => _idle.SetResult();

    public Task Idle
    {
        get
        {
            lock (_lock)
            {
                return _idle.Task;
            }
        }
    }

    public void Enter()
    {
        lock (_lock)
        {
            if (_count++ == 0)
            {
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _idle.SetResult();
            }
        }
    }
}

/// <summary>Requests that a correct client never sends. Tests assert that there are none.</summary>
internal sealed class Violations
{
    private readonly ConcurrentQueue<string> _found = new();

    public IReadOnlyList<string> Found => [.. _found];

    public void Add(string violation) => _found.Enqueue(violation);
}
