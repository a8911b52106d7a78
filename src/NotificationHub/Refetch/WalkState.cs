using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

/// <summary>How far a walk has come.</summary>
internal sealed class WalkState(ReadContext context, StepPart part, ILookup<string, RefetchRequest> held)
{
    public ReadContext Context => context;

    /// <summary>By a user who may be retired, what is to be read again then.</summary>
    public ILookup<string, RefetchRequest> Held => held;

    public RefetchRead Read => part.Read;

    /// <summary>The targets that are done with it.</summary>
    public Queue<ClaimedTarget[]> Targets { get; } = new(part.Done.Chunk(SnapshotStore.ChunkSize));

    public Queue<string[]> Gone { get; set; } = [];

    /// <summary>The number of the first page: what is kept under a lower one was not seen.</summary>
    public long Start { get; private set; }

    /// <summary>The number of the page at hand.</summary>
    public long Number { get; private set; }

    /// <summary>Nothing moved so far.</summary>
    public bool Clean { get; set; } = true;

    public string? FirstVersion { get; set; }

    public bool IsSettled { get; set; }

    /// <summary>
    /// It shows nothing of what is gone, and must be walked again. Not so for users: what moves is in the next read since the
    /// first page's version, and a user is not taken away but retired.
    /// </summary>
    public bool IsWaiting => !Clean && Read.Scope.Count > 0 && Read is not UsersRead;

    public void Begin(long number)
    {
        Start = Start == 0 ? number : Start;
        Number = number;
    }
}
