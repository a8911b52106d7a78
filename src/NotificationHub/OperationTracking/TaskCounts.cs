using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Counts the tasks of an operation in its stored notifications, each task once.</summary>
// All notifications are stored if the number of tasks is known, otherwise only those with failures.
internal sealed class TaskCounts
{
    private const int PageRows = 50;

    // Far more than Apple's largest operation has. Beyond it, the hub polls Apple instead.
    private const int MaxNotifications = 2_000;

    private readonly HashSet<OperationItem> succeeded = [];
    private readonly HashSet<OperationItem> failed = [];
    private bool isPartial;

    public int Succeeded => succeeded.Count;

    public int Failed => failed.Count;

    /// <summary>The number of notifications that were read.</summary>
    public int Notifications { get; private set; }

    public FailureList Failures { get; } = new();

    /// <summary>Whether every task has exactly one result. A task that succeeded and failed requires a poll.</summary>
    public bool AreComplete(long? tasks) => !isPartial && Succeeded + Failed == tasks && !succeeded.Overlaps(failed);

    public static async Task<TaskCounts> ReadAsync(
        Database database,
        Operation operation,
        CancellationToken cancellationToken
    )
    {
        var counts = new TaskCounts();
        var after = 0L;
        for (var read = 0; ; read += PageRows)
        {
            var page = await ReadPageAsync(database, operation, after, cancellationToken);
            foreach (var (_, type, body) in page)
            {
                counts.Add(NotifiedTasks.Read(type, body));
            }

            if (page.Count < PageRows || read >= MaxNotifications)
            {
                counts.isPartial |= page.Count == PageRows;
                return counts;
            }

            after = page[^1].Seq;
        }
    }

    private void Add(NotifiedTasks? notified)
    {
        Notifications++;
        if (notified is null)
        {
            isPartial = true;
        }
        else if (!notified.IsFailure)
        {
            succeeded.UnionWith(notified.Items);
        }
        else
        {
            List<OperationItem> added = [.. notified.Items.Where(failed.Add)];
            if (added.Count > 0)
            {
                Failures.Add(notified.Error?.ErrorNumber, notified.Error?.ErrorMessage, added);
            }
        }
    }

    private static Task<IReadOnlyList<(long Seq, string? Type, byte[] Body)>> ReadPageAsync(
        Database database,
        Operation operation,
        long after,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<(long, string?, byte[])>(
                    $"""
                    select n.seq, n.notification_type, n.body
                    from operation_notification o
                    join notification_log n on n.seq = o.seq
                    where o.event_id = @EventId and o.location_id = @LocationId and o.seq > @after
                    order by o.seq
                    {connection.Limit(PageRows)}
                    """,
                    new
                    {
                        operation.EventId,
                        operation.LocationId,
                        after,
                    }
                ),
            cancellationToken
        );
}

/// <summary>Failed tasks by Apple's error, up to a limit: the largest operation has 50,000 tasks.</summary>
internal sealed class FailureList
{
    /// <summary>The maximum number of items, about 100 KiB, which fits into a message.</summary>
    public const int MaxItems = 1_000;

    private const int MaxFailures = 100;
    private const int MaxMessageLength = 300;

    private readonly Dictionary<(long?, string?), List<OperationItem>> byError = [];
    private int kept;

    /// <summary>The number of items beyond the limit.</summary>
    public long Omitted { get; private set; }

    public IReadOnlyList<OperationFailure> Failures =>
        [
            .. byError.Select(pair => new OperationFailure
            {
                ErrorNumber = pair.Key.Item1,
                ErrorMessage = pair.Key.Item2,
                Items = pair.Value,
            }),
        ];

    public void Add(long? errorNumber, string? errorMessage, IReadOnlyCollection<OperationItem> items)
    {
        var error = (errorNumber, Truncate(errorMessage));
        if (!byError.TryGetValue(error, out var listed))
        {
            if (byError.Count == MaxFailures)
            {
                Omitted += items.Count;
                return;
            }

            byError[error] = listed = [];
        }

        var fitting = Math.Min(items.Count, MaxItems - kept);
        listed.AddRange(items.Take(fitting));
        kept += fitting;
        Omitted += items.Count - fitting;
    }

    private static string? Truncate(string? message) =>
        message?.Length > MaxMessageLength ? message[..MaxMessageLength] : message;
}

internal sealed record NotifiedTasks(bool IsFailure, NotificationError? Error, IReadOnlyList<OperationItem> Items)
{
    private const string Failure = "FAILURE";

    // Apple may omit the standard quality; both forms are the same task.
    private const string Standard = "STDQ";

    /// <summary>Reads the body of a routed notification; null if it lists no readable task.</summary>
    public static NotifiedTasks? Read(string? notificationType, ReadOnlySpan<byte> body)
    {
        var json = ByteOrderMark.Skip(body);
        var context = EventJsonContext.Default;
        try
        {
            return notificationType switch
            {
                NotificationTypes.AssetManagement => Create(
                    Parse(json, context.NotificationEnvelopeAssetManagementNotification)
                ),
                NotificationTypes.UserManagement => Create(
                    Parse(json, context.NotificationEnvelopeUserManagementNotification)
                ),
                NotificationTypes.SubscriptionManagement => Create(
                    Parse(json, context.NotificationEnvelopeSubscriptionManagementNotification)
                ),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static T? Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<NotificationEnvelope<T>> type)
        where T : class => JsonSerializer.Deserialize(json, type)?.Notification;

    private static NotifiedTasks? Create(AssetManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [
                    .. notification.Assignments.Select(assignment => new OperationItem
                    {
                        AdamId = assignment.AdamId,
                        PricingParam = assignment.PricingParam ?? Standard,
                        SerialNumber = assignment.SerialNumber,
                        ClientUserId = assignment.ClientUserId,
                    }),
                ]
            );

    private static NotifiedTasks? Create(UserManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [.. notification.Users.Select(user => new OperationItem { ClientUserId = user.ClientUserId })]
            );

    private static NotifiedTasks? Create(SubscriptionManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [
                    .. notification.Assignments.Select(assignment => new OperationItem
                    {
                        AdamId = assignment.AdamId,
                        ClientUserId = assignment.ClientUserId,
                    }),
                ]
            );
}
