using System.Collections.Concurrent;
using System.Threading.Channels;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>Processes a location's accepted events one after another.</summary>
internal sealed class EventLoop : IAsyncDisposable
{
    private readonly Channel<AppleEvent> _accepted = Channel.CreateUnbounded<AppleEvent>();
    private readonly ConcurrentDictionary<string, AppleEvent> _known = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<AppleEvent, CancellationToken, Task> _work;
    private readonly PendingWork _pendingWork;
    private readonly Task _loop;

    public EventLoop(Func<AppleEvent, CancellationToken, Task> work, PendingWork pendingWork)
    {
        _work = work;
        _pendingWork = pendingWork;
        _loop = LoopAsync();
    }

    public void Accept(AppleEvent accepted)
    {
        _known[accepted.EventId] = accepted;
        _pendingWork.Enter();
        if (!_accepted.Writer.TryWrite(accepted))
        {
            _pendingWork.Leave();
        }
    }

    public AppleEvent? Find(string eventId) => _known.GetValueOrDefault(eventId);

    public async ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        await foreach (var accepted in _accepted.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await _work(accepted, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                accepted.Abandon();
            }
            finally
            {
                _pendingWork.Leave();
            }
        }
    }
}
