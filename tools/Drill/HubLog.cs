using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Drill;

/// <summary>The hub's log lines.</summary>
[ProviderAlias(Name)]
internal sealed class HubLog : ILoggerProvider, ILogger
{
    public const string Name = "Drill";

    private readonly ConcurrentQueue<string> lines = new();

    /// <summary>The latest line that contains the text; null if there is none.</summary>
    public string? Find(string text) => lines.LastOrDefault(line => line.Contains(text, StringComparison.Ordinal));

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
    ) => lines.Enqueue(formatter(state, exception));

    public void Dispose() { }
}
