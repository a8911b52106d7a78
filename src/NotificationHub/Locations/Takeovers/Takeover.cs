using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Takeovers;

/// <summary>What happens to another server that Apple sends a location's notifications to.</summary>
internal enum TakeoverMode
{
    /// <summary>The command fails and changes nothing.</summary>
    Refuse,

    /// <summary>That server receives no more notifications.</summary>
    Replace,

    /// <summary>The hub forwards every notification to that server.</summary>
    Relay,

    /// <summary>An existing relay target for that server gets its current URL and secret.</summary>
    Update,
}

/// <summary>A URL to which the hub forwards a location's notifications.</summary>
internal sealed record RelayDestination(Uri Url, RelaySecret? Secret);

/// <param name="RelayTo">A relay target that the operator names.</param>
internal sealed record TakeoverRequest(TakeoverMode Mode = TakeoverMode.Refuse, RelayDestination? RelayTo = null);

/// <summary>What to store before Client Config is overwritten.</summary>
internal sealed record Takeover
{
    public static Takeover None { get; } = new();

    /// <summary>The configuration of another server; null if Apple has none.</summary>
    public ReplacedConfiguration? Replaced { get; init; }

    /// <summary>The configuration that an earlier takeover of the location stored.</summary>
    public ReplacedConfiguration? Before { get; init; }

    public IReadOnlyList<NewRelayTarget> Targets { get; init; } = [];

    /// <summary>The target of the server that has changed its URL at Apple.</summary>
    public MovedRelayTarget? Moved { get; init; }

    /// <summary>The target that must no longer receive notifications, once Apple has the hub's URL.</summary>
    public string? RemovedTargetId { get; init; }

    /// <summary>The stored configuration after the takeover.</summary>
    public ReplacedConfiguration? Stored => Replaced ?? Before;

    /// <summary>What remains to do after <see cref="SaveAsync"/>.</summary>
    public Takeover Remaining => new() { RemovedTargetId = RemovedTargetId };

    /// <summary>Stores what must not be lost, before the request to Apple.</summary>
    public async Task SaveAsync(WriteTransaction transaction, string locationId)
    {
        if (Replaced is not null)
        {
            await ReplacedConfigurations.SaveAsync(transaction, Replaced);
        }

        if (Moved is not null)
        {
            await RelayTargetStore.MoveAsync(transaction, Moved.Before.TargetId, Moved.Url, Moved.Secret);
        }

        foreach (var target in Targets)
        {
            await RelayTargetStore.AddAsync(transaction, locationId, target.Url, target.Secret);
        }
    }

    // Not before the request: Apple may refuse it, and a removed target cannot be restored.
    /// <summary>Removes the target of the server that was replaced, because Apple has the hub's URL.</summary>
    public async Task CompleteAsync(WriteTransaction transaction)
    {
        if (RemovedTargetId is not null)
        {
            await RelayTargetStore.RemoveAsync(transaction, RemovedTargetId);
        }
    }

    /// <summary>Undoes <see cref="SaveAsync"/>, because nothing was changed at Apple. A target that existed before keeps its new secret.</summary>
    public async Task WithdrawAsync(WriteTransaction transaction, string locationId)
    {
        if (Before is not null)
        {
            await ReplacedConfigurations.SaveAsync(transaction, Before);
        }
        else if (Replaced is not null)
        {
            await ReplacedConfigurations.DeleteAsync(transaction, locationId);
        }

        if (Moved is { Before: var moved })
        {
            await RelayTargetStore.MoveAsync(transaction, moved.TargetId, moved.Uri, moved.Secret);
        }

        var added = Targets.Where(target => !target.Exists).Select(target => target.Url).ToHashSet();
        var current = await RelayTargetStore.ListAsync(transaction.Connection, locationId);
        foreach (var target in current.Where(target => added.Contains(target.Uri)))
        {
            await RelayTargetStore.RemoveAsync(transaction, target.TargetId);
        }
    }
}

/// <param name="Secret">Encrypted; null to send no Authorization header.</param>
/// <param name="Exists">Whether the location has a target with this URL, which only gets another secret.</param>
internal sealed record NewRelayTarget(Uri Url, byte[]? Secret, bool Exists);

/// <param name="Before">The target with its previous URL and secret.</param>
/// <param name="Secret">Encrypted; null to send no Authorization header.</param>
internal sealed record MovedRelayTarget(RelayTarget Before, Uri Url, byte[]? Secret);
