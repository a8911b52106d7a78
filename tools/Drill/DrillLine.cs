using System.Globalization;

namespace NotificationHub.Drill;

/// <summary>An action of the drill or an observation of the hub.</summary>
/// <param name="At">The virtual time since the drill's start.</param>
/// <param name="Source"><c>done</c> for an action, otherwise where the hub was observed.</param>
internal sealed record DrillLine(TimeSpan At, string Source, string Text)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{At:hh\\:mm\\:ss}  {Source, -6}  {Text}");
}
