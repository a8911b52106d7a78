using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

/// <summary>A broker that answers as the test says and remembers what it was sent.</summary>
internal sealed class ScriptedSender : ITopicSender
{
    public const int MessageOverhead = 100;

    /// <summary>Called with each batch; what it throws is the answer.</summary>
    public Action<string, IReadOnlyList<TopicMessage>> Answer { get; set; } = (_, _) => { };

    public int MaxBatchBytes { get; set; } = 256 * 1024;

    /// <summary>Every batch that was tried.</summary>
    public List<IReadOnlyList<TopicMessage>> Tried { get; } = [];

    /// <summary>Every message that was accepted, in order.</summary>
    public List<TopicMessage> Accepted { get; } = [];

    public IEnumerable<string> AcceptedIds => Accepted.Select(message => message.MessageId);

    /// <summary>The message that cannot be measured.</summary>
    public string? Unmeasurable { get; set; }

    public int Measure(TopicMessage message) =>
        message.MessageId == Unmeasurable
            ? throw new InvalidOperationException("as intended, about ann@example.com")
            : message.Body.Length + MessageOverhead;

    public Task SendAsync(string topic, IReadOnlyList<TopicMessage> batch, CancellationToken cancellationToken)
    {
        Tried.Add(batch);
        Answer(topic, batch);
        Accepted.AddRange(batch);
        return Task.CompletedTask;
    }

    public static TopicSendException Stopped(int? status = 503, TimeSpan? retryAfter = null) =>
        new(TopicSendFault.Stopped, status, retryAfter, $"answered {status}");

    public static TopicSendException Refused() => new(TopicSendFault.Refused, 400, null, "answered 400");

    public static TopicSendException PerhapsTooLarge() =>
        new(TopicSendFault.PerhapsTooLarge, 403, null, "answered 403");

    /// <summary>Refuses every batch that holds one of these events.</summary>
    public void Poison(params string[] ids) =>
        Answer = (_, batch) =>
        {
            if (batch.Any(message => ids.Contains(message.MessageId)))
            {
                throw Refused();
            }
        };
}
