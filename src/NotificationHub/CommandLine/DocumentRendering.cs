using NotificationHub.Admin;
using NotificationHub.Locations;
using NotificationHub.Storage;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class DocumentRendering
{
    public static void WriteTo(this LocationDocument location, IAnsiConsole console) =>
        console.WriteFields(
            ("Location", location.Id),
            ("Name", location.Name),
            ("uId", location.UId),
            ("State", location.State),
            ("Since", location.StateSince),
            ("Reason", location.StateReason),
            ("Warnings", location.Warnings.Count > 0 ? location.Warnings : null),
            ("MDM", location.MdmId),
            ("Notification URL", location.NotificationUrl),
            ("Notification types", location.NotificationTypes.Count > 0 ? location.NotificationTypes : null),
            ("Content token expires", location.ReceiveOnly ? "none (receive-only)" : location.TokenExpiresAt),
            ("Content token", location.TokenReadOnly ? "read-only: Apple refuses changes" : null),
            ("Registered", location.RegisteredAt),
            ("Imported", location.Progress?.Import),
            ("Removed", location.RemovedAt)
        );

    public static void WriteTo(this LocationDetailsDocument details, IAnsiConsole console)
    {
        details.Location.WriteTo(console);
        console.WriteFields(
            ("Last notification", details.LastNotificationAt),
            ("Silent since", details.SilentSince),
            ("Pending refetch targets", details.PendingTargets),
            ("Compared with Apple", details.CheckedAt),
            ("Comparison error", details.CheckError),
            ("Replaced server", details.ReplacedServer?.Host),
            ("Its notification types", details.ReplacedServer?.NotificationTypes),
            ("Replaced at", details.ReplacedServer?.ReplacedAt),
            ("Restorable", details.ReplacedServer?.Restorable)
        );
        if (details.Location.Progress is { } progress)
        {
            console.WriteTable(
                progress.FullSyncs,
                ("Kind", fullSync => fullSync.Kind),
                ("Purpose", fullSync => fullSync.Purpose),
                ("Phase", fullSync => fullSync.Phase),
                ("Error", fullSync => fullSync.Error),
                (
                    "Pages",
                    fullSync => fullSync.TotalPages is { } total ? $"{fullSync.Pages} of {total}" : fullSync.Pages
                ),
                ("Records", fullSync => fullSync.Records),
                ("Differences", fullSync => fullSync.Drifts),
                ("Next", fullSync => fullSync.NextAt),
                ("Finished", fullSync => fullSync.FinishedAt)
            );
        }

        console.WriteTable(
            details.Secrets,
            ("Secret created", secret => secret.CreatedAt),
            ("State", secret => secret.State),
            ("Confirmed", secret => secret.ConfirmedAt),
            ("Replaced", secret => secret.SupersededAt),
            ("Last used", secret => secret.LastUsedAt),
            ("Deliveries", secret => secret.UseCount)
        );
        details.Differences.WriteTo(console);
    }

    public static void WriteTo(this IReadOnlyList<LocationDifference> differences, IAnsiConsole console)
    {
        foreach (var one in differences)
        {
            console.WriteText("");
            console.WriteFields(
                ("Setting", one.Setting),
                ("Expected", one.Expected),
                ("At Apple", one.Actual),
                ("What to do", one.Advice)
            );
        }
    }

    public static void WriteTo(this NotificationDocument notification, IAnsiConsole console)
    {
        console.WriteFields(
            ("Seq", notification.Seq),
            ("Location", notification.Location),
            ("Received", notification.ReceivedAt),
            ("Type", notification.NotificationType),
            ("ID", notification.NotificationId),
            ("uId", notification.UId),
            ("Disposition", notification.Disposition.ToWireName()),
            ("Conflict", notification.Conflict),
            ("Error", notification.Error),
            ("From", notification.RemoteAddress),
            ("User-Agent", notification.UserAgent),
            ("traceparent", notification.Traceparent),
            ("SHA-256", notification.BodySha256)
        );
        console.WriteText(notification.BodyHex is null ? "Body:" : "Body (not UTF-8 text) in hexadecimal:");
        console.WriteUnwrapped(notification.Body ?? notification.BodyHex!);
        if (notification.InviteCodesWithheld)
        {
            console.WriteText("Invite codes were withheld; --raw shows them.");
        }
    }
}
