using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace NotificationHub.Simulator.Apple.State;

/// <summary>A record and the version of the location at which it last changed.</summary>
internal sealed record Versioned<T>(T Value, long Version);

/// <summary>A location's records at one version. Immutable, so that a lagging read is just an older snapshot.</summary>
/// <param name="AssociatedAccounts">The <c>idHash</c> of every active user that has one.</param>
internal sealed record LocationSnapshot(
    ImmutableSortedDictionary<AssetKey, Versioned<SimulatedAsset>> Assets,
    ImmutableSortedDictionary<AssignmentKey, Versioned<SimulatedAssignment>> Assignments,
    ImmutableSortedDictionary<UserKey, Versioned<SimulatedUser>> Users,
    ImmutableHashSet<string> AssociatedAccounts,
    ImmutableSortedDictionary<long, Versioned<SimulatedSubscription>> Subscriptions,
    ImmutableSortedDictionary<
        SubscriptionAssignmentKey,
        Versioned<SimulatedSubscriptionAssignment>
    > SubscriptionAssignments,
    ImmutableSortedSet<SimulatedSubscriptionAdmin> SubscriptionAdmins,
    long Version
)
{
    public static LocationSnapshot Empty { get; } =
        new(
            ImmutableSortedDictionary.Create<AssetKey, Versioned<SimulatedAsset>>(AssetKey.Order),
            ImmutableSortedDictionary.Create<AssignmentKey, Versioned<SimulatedAssignment>>(AssignmentKey.Order),
            ImmutableSortedDictionary.Create<UserKey, Versioned<SimulatedUser>>(UserKey.Order),
            ImmutableHashSet.Create<string>(StringComparer.Ordinal),
            ImmutableSortedDictionary<long, Versioned<SimulatedSubscription>>.Empty,
            ImmutableSortedDictionary.Create<SubscriptionAssignmentKey, Versioned<SimulatedSubscriptionAssignment>>(
                SubscriptionAssignmentKey.Order
            ),
            ImmutableSortedSet.Create(SimulatedSubscriptionAdmin.Order),
            Version: 1
        );

    private readonly ConcurrentDictionary<string, object> _lists = new(StringComparer.Ordinal);
    private readonly Lazy<ILookup<string, Versioned<SimulatedAssignment>>> _assignmentsByAdamId = new(() =>
        Assignments.Values.ToLookup(row => row.Value.AdamId, StringComparer.Ordinal)
    );

    public IEnumerable<Versioned<SimulatedAssignment>> AssignmentsOf(string adamId) =>
        _assignmentsByAdamId.Value[adamId];

    /// <summary>The list of a read, selected once for all its pages.</summary>
    /// <param name="minimum">A list with fewer rows is selected again.</param>
    public IReadOnlyList<T> Select<T>(string read, Func<IEnumerable<T>> select, int minimum)
    {
        if (_lists.TryGetValue(read, out var known))
        {
            return (IReadOnlyList<T>)known;
        }

        IReadOnlyList<T> rows = [.. select()];
        return rows.Count > minimum ? (IReadOnlyList<T>)_lists.GetOrAdd(read, rows) : rows;
    }

    /// <summary>The active record of a client user ID, or else the latest retired one.</summary>
    public SimulatedUser? NewestUser(string clientUserId)
    {
        SimulatedUser? newest = null;
        for (var ordinal = 0; Users.TryGetValue(new UserKey(clientUserId, ordinal), out var row); ordinal++)
        {
            newest = row.Value;
        }

        return newest;
    }

    public SimulatedState Export() =>
        new(
            [.. Assets.Values.Select(row => row.Value)],
            [.. Assignments.Values.Select(row => row.Value)],
            [.. Users.Values.Select(row => row.Value)],
            [.. Subscriptions.Values.Select(row => row.Value)],
            [.. SubscriptionAssignments.Values.Select(row => row.Value)]
        );
}
