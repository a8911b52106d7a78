using NotificationHub.Admin;
using NotificationHub.FullSync;
using NotificationHub.Storage;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>Prints the JSON documents of the commands for people.</summary>
internal static class DocumentRendering
{
    /// <summary>How far the reading of each kind of records is.</summary>
    public static void WriteTo(this LocationProgress progress, IAnsiConsole console)
    {
        var table = new ConsoleTable("Reading", "For", "Is", "Fault", "Pages", "Records", "Drifts", "Next", "Finished");
        foreach (var fullSync in progress.FullSyncs)
        {
            table.Row(
                fullSync.Resource,
                fullSync.Purpose,
                fullSync.Phase,
                fullSync.Fault,
                fullSync.TotalPages is { } total ? $"{fullSync.Pages} of {total}" : fullSync.Pages,
                fullSync.Records,
                fullSync.Drifts,
                fullSync.NextAt,
                fullSync.FinishedAt
            );
        }

        table.WriteTo(console);
    }

    public static void WriteTo(this LocationDocument location, IAnsiConsole console) =>
        console.WriteFields(
            ("Location", location.Id),
            ("Name", location.Name),
            ("uId", location.UId),
            ("State", location.State),
            ("Since", location.StateSince),
            ("Because", location.StateReason),
            ("Warnings", location.Warnings.Count > 0 ? location.Warnings : null),
            ("MDM", location.MdmId),
            ("Notification URL", location.NotificationUrl),
            ("Notifications", location.NotificationTypes.Count > 0 ? location.NotificationTypes : null),
            ("Content token ends", location.ReceiveOnly ? "none (receive only)" : location.TokenExpiresAt),
            ("Registered", location.RegisteredAt),
            ("Imported", location.Progress?.Import),
            ("Removed", location.RemovedAt)
        );

    public static void WriteTo(this LocationDetailsDocument details, IAnsiConsole console)
    {
        details.Location.WriteTo(console);
        console.WriteFields(
            ("Last heard from", details.LastNotificationAt),
            ("Silent since", details.SilentSince),
            ("Records to be read", details.PendingTargets),
            ("Compared with Apple", details.CheckedAt),
            ("Not compared since, for", details.CheckError)
        );
        details.Location.Progress?.WriteTo(console);
        var table = new ConsoleTable("Secret of", "State", "Confirmed", "Replaced", "Last used", "Posts");
        foreach (var secret in details.Secrets)
        {
            table.Row(
                secret.CreatedAt,
                secret.State,
                secret.ConfirmedAt,
                secret.SupersededAt,
                secret.LastUsedAt,
                secret.UseCount
            );
        }

        table.WriteTo(console);
        console.WriteDifferences(details.Differences);
    }

    public static void WriteTo(this NotificationDocument notification, IAnsiConsole console)
    {
        console.WriteFields(
            ("Seq", notification.Seq),
            ("Location", notification.Location),
            ("Received", notification.ReceivedAt),
            ("Type", notification.NotificationType),
            ("Id", notification.NotificationId),
            ("uId", notification.UId),
            ("Disposition", notification.Disposition.ToWireName()),
            ("Conflict", notification.Conflict),
            ("Error", notification.Error),
            ("From", notification.RemoteAddress),
            ("User-Agent", notification.UserAgent),
            ("traceparent", notification.Traceparent),
            ("SHA-256", notification.BodySha256)
        );
        console.WriteText(notification.BodyHex is null ? "Body:" : "Body, which is no text, in hexadecimal:");
        console.WriteUnwrapped(notification.Body ?? notification.BodyHex!);
        if (notification.InviteCodesWithheld)
        {
            console.WriteText("Invite codes were withheld; --raw shows them.");
        }
    }
}
