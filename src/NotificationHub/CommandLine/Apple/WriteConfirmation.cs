using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Metadata;
using WriteRequest = NotificationHub.Apple.WriteRequest;

namespace NotificationHub.CommandLine.Apple;

/// <summary>The question before a change at Apple.</summary>
internal static class WriteConfirmation
{
    public static async Task AskAsync(CommandContext context, string name, string locationId, WriteRequest request)
    {
        if (Console.IsInputRedirected)
        {
            throw new CommandException(
                ExitCode.Usage,
                "This command changes records at Apple. Nothing was sent. Add --yes to confirm."
            );
        }

        var found = await LocationStore.FindAsync(context.Database, locationId, context.CancellationToken);
        var adamIds = request is AssetsRequest { Assets: var requested } ? requested.Select(one => one.AdamId) : [];
        var names = await context
            .Service<ContentNames>()
            .FindCachedAsync(found?.Country, adamIds, context.CancellationToken);
        var subject = Describe(request, adamId => names.GetValueOrDefault(adamId ?? ""));
        Console.Error.Write(
            TerminalText.Clean($"{name}: {subject} of location {locationId}. Send this to Apple? [y/N] ")
        );
        if (!string.Equals(Console.ReadLine()?.Trim(), "y", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandException(ExitCode.Failed, "Not confirmed. Nothing was sent.");
        }
    }

    // Without serial numbers and user IDs: the audit log contains no personal data.
    public static string Describe(WriteRequest request, Func<string?, string?> nameOf) =>
        request switch
        {
            AssetsRequest assets =>
                $"assets {string.Join(", ", assets.Assets.Select(asset => AppleCommand.WithName(asset.AdamId, nameOf)))}, "
                    + $"{assets.SerialNumbers.Count} devices, {assets.ClientUserIds.Count} users",
            RevokeAssetsRequest revoke =>
                $"all assets, {revoke.SerialNumbers.Count} devices, {revoke.ClientUserIds.Count} users",
            UsersRequest users => $"{users.Users.Count} users",
            _ => "",
        };
}
