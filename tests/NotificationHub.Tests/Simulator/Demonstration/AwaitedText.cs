using System.Text;

namespace NotificationHub.Tests.Simulator.Demonstration;

/// <summary>A writer that signals when a text has been written.</summary>
internal sealed class AwaitedText(string awaited) : TextWriter
{
    private readonly Lock gate = new();
    private readonly StringBuilder text = new();
    private readonly TaskCompletionSource found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Found => found.Task;

    public override Encoding Encoding => Encoding.UTF8;

    public string Text
    {
        get
        {
            lock (gate)
            {
                return text.ToString();
            }
        }
    }

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (gate)
        {
            text.Append(buffer);
            if (text.ToString().Contains(awaited, StringComparison.Ordinal))
            {
                found.TrySetResult();
            }
        }
    }
}
