using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Locations;

/// <summary>All log lines, with exceptions.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> awaited = new(StringComparer.Ordinal);

    public string Text => string.Join('\n', lines);

    /// <summary>Completes with the next line that contains the text.</summary>
    public Task Next(string text) =>
        awaited.GetOrAdd(text, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        var line = $"{formatter(state, exception)} {exception}";
        lines.Enqueue(line);
        foreach (var text in awaited.Keys.Where(text => line.Contains(text, StringComparison.Ordinal)))
        {
            awaited[text].TrySetResult();
        }
    }

    public void Dispose() { }
}
