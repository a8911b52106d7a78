using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Replays;

/// <summary>The use cases of replays, for the commands, the admin API and the console.</summary>
internal sealed class ReplayService(Database database, IOptions<ServiceBusOptions> bus, TimeProvider time)
{
    private const int IdLength = 10;

    public Task<IReadOnlyList<Replay>> ListAsync(
        string? topic,
        string? state,
        int limit,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => ReplayStore.ListAsync(connection, topic, state, limit), cancellationToken);

    public async Task<Replay> GetAsync(string id, CancellationToken cancellationToken) =>
        await database.ReadAsync(connection => ReplayStore.FindAsync(connection, id), cancellationToken)
        ?? throw NotFound(id);

    /// <summary>Starts a replay or, for a dry run, only counts its events.</summary>
    /// <param name="input">A valid input.</param>
    public async Task<Replay> StartAsync(ReplayInput input, Actor actor, CancellationToken cancellationToken)
    {
        if (!bus.Value.IsConfigured)
        {
            throw new ReplayException(
                ReplayErrorCode.NotAllowed,
                "No Service Bus is configured, so there is no topic. Nothing was started. Read /events?after=SEQ instead."
            );
        }

        var replay = await CreateAsync(input, actor, cancellationToken);
        replay = replay with { Events = await ReplayRange.CountAsync(database, replay, cancellationToken) };
        if (input.DryRun)
        {
            return replay;
        }

        replay = replay with { Id = CreateId(), State = ReplayState.Pending };
        var isAdded = await database.WriteAsync(
            async transaction =>
            {
                var added = await ReplayStore.AddAsync(transaction, replay);
                transaction.OnCommit(transaction.Signals.ReplaysChanged);
                await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct("replay start", replay.Location, Describe(replay)),
                    added ? AuditOutcome.Succeeded : AuditOutcome.Refused
                );
                return added;
            },
            cancellationToken
        );
        return isAdded
            ? replay
            : throw new ReplayException(
                ReplayErrorCode.NotAllowed,
                $"{ReplayStore.MaxUnfinished} replays are unfinished. Nothing was started. Wait for one to finish, or cancel one."
            );
    }

    /// <summary>Cancels an unfinished replay. A batch that is being sent still arrives.</summary>
    public async Task<Replay> CancelAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        var replay = await GetAsync(id, cancellationToken);
        var isCanceled = await database.WriteAsync(
            async transaction =>
            {
                var ended = await ReplayStore.EndAsync(
                    transaction,
                    id,
                    ReplayState.Canceled,
                    error: null,
                    time.GetStoredUtcNow()
                );
                transaction.OnCommit(transaction.Signals.ReplaysChanged);
                await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct("replay cancel", replay.Location, Describe(replay)),
                    ended ? AuditOutcome.Succeeded : AuditOutcome.Refused
                );
                return ended;
            },
            cancellationToken
        );
        replay = await GetAsync(id, cancellationToken);
        return isCanceled
            ? replay
            : throw new ReplayException(
                ReplayErrorCode.NotAllowed,
                $"Replay {id} is already {replay.State}. Nothing was changed."
            );
    }

    // The bounds are fixed here. What is not published yet is not replayed: the publisher sends it anyway.
    private async Task<Replay> CreateAsync(ReplayInput input, Actor actor, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var oldest = await EventLog.ReadStartAsync(connection);
        if (input.After < oldest - 1)
        {
            throw new ReplayException(
                ReplayErrorCode.Gone,
                $"The log begins at {oldest}. Nothing was started. To replay what is stored, start after {oldest - 1}."
            )
            {
                Oldest = oldest,
            };
        }

        var last = await EventLog.ReadLastAsync(connection);
        if (input.After > last)
        {
            throw new ReplayException(
                ReplayErrorCode.NotAllowed,
                $"The log ends at {last}, so no event comes after {input.After}. Nothing was started."
            );
        }

        var after = input.After ?? await ReplayRange.FindBeforeAsync(connection, input.Since!.Value);
        var upTo = await TopicLog.ReadPositionAsync(connection, input.Topic!);
        if (input.Until is { } until)
        {
            upTo = Math.Min(upTo, await ReplayRange.FindBeforeAsync(connection, until.AddMilliseconds(1)));
        }

        return new Replay
        {
            Topic = input.Topic!,
            Subscription = input.Subscription,
            Type = input.GetTypeName(),
            Location = input.Location,
            After = after,
            UpTo = Math.Max(after, upTo),
            Rate = input.Rate ?? ReplayInput.DefaultRate,
            Position = after,
            Events = 0,
            RequestedBy = actor.Name,
            RequestedAt = time.GetStoredUtcNow(),
        };
    }

    // Unique also after a restore, because duplicate detection must not drop the messages.
    private static string CreateId() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", IdLength);

    private static string Describe(Replay replay) =>
        $"replay {replay.Id}: {replay.Topic}{(replay.Subscription is null ? "" : $"/{replay.Subscription}")}";

    private static ReplayException NotFound(string id) =>
        new(ReplayErrorCode.NotFound, $"There is no replay {id}. `replay list` lists the existing ones.");
}
