using NotificationHub.Health;

namespace NotificationHub.WebConsole;

/// <summary>What helps with a problem.</summary>
/// <param name="Text">What it means, and what to do.</param>
/// <param name="Runbook">The section of <c>docs/runbook.md</c>.</param>
/// <param name="Command">The command that helps.</param>
/// <param name="Page">The page of the console that helps; null if the command has none.</param>
internal sealed record Advice(string Text, string Runbook, string Command, string? Page = null)
{
    public static Advice For(HealthProblemKind kind) =>
        kind switch
        {
            HealthProblemKind.NotReady => new(
                "This replica cannot store notifications. Apple sends a delivery at most three times within minutes; "
                    + "if no replica accepts it by then, the notification is lost.",
                "responses-5xx",
                "NotificationHub doctor",
                "doctor"
            ),
            HealthProblemKind.KeyRing => new(
                "Content tokens cannot be decrypted, so nothing is read from Apple. Notifications are still stored.",
                "location-states",
                "NotificationHub doctor",
                "doctor"
            ),
            HealthProblemKind.TopicStopped => new(
                "Events wait in the log, and are published once Service Bus accepts them. Nothing is lost.",
                "topic-delayed",
                "NotificationHub doctor",
                "topics"
            ),
            HealthProblemKind.StageStalled => new(
                "Work is queued and nothing is lost. Fix the cause that the message names; the stage then resumes.",
                "stage-stalled",
                "NotificationHub doctor",
                "doctor"
            ),
            HealthProblemKind.WorkFails => new(
                "The hub retries by itself. Act if the same error persists for more than a few minutes.",
                "stage-stalled",
                "NotificationHub doctor",
                "doctor"
            ),
            HealthProblemKind.LocationsClosed => new(
                "The hub reads nothing from Apple for these locations until you act. It receives their notifications.",
                "location-states",
                "NotificationHub locations list",
                "locations"
            ),
            HealthProblemKind.LocationDiffers => new(
                "Compare the location's settings at Apple with the hub's.",
                "no-deliveries",
                "NotificationHub locations verify",
                "locations"
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
}
