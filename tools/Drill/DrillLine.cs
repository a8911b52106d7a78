using System.Globalization;

namespace NotificationHub.Drill;

/// <summary>Something that was done in a drill, or said by the hub.</summary>
/// <param name="At">The virtual time since the drill's start.</param>
/// <param name="Source">Who says it: <c>done</c> is the drill itself.</param>
/// <param name="Text">What was done or said.</param>
internal sealed record DrillLine(TimeSpan At, string Source, string Text)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{At:hh\\:mm\\:ss}  {Source, -6}  {Text}");
}
