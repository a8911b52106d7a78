using System.CommandLine;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Metadata;

namespace NotificationHub.CommandLine.Apple;

/// <summary>Commands that call Apple for one location, for people who have no MDM at hand or want to check one.</summary>
internal static class AppleCommand
{
    public static Command Create(CommandRunner runner)
    {
        var location = new Option<string>("--location")
        {
            Description = "The location's ID from `locations list`.",
            Required = true,
        };
        var reads = new AppleReadCommands(runner, location);
        var writes = new AppleWriteCommands(runner, location);
        var users = runner.Create(
            "users",
            "List the location's users; create, update or retire users.",
            reads.ListUsersAsync,
            reads.UserInputs
        );
        users.Add(writes.CreateCreateUser());
        users.Add(writes.CreateUpdateUser());
        users.Add(writes.CreateRetireUsers());
        return new Command("apple", "Read and change a location's records at Apple.")
        {
            runner.Json,
            reads.CreateAssets(),
            reads.CreateAssignments(),
            users,
            reads.CreateSubscriptions(),
            writes.CreateAssociate(),
            writes.CreateDisassociate(),
            writes.CreateRevoke(),
            reads.CreateStatus(),
        };
    }

    /// <summary>Runs a command's reads. Apple's errors end the command with advice.</summary>
    public static async Task<int> ReadAsync(
        CommandContext context,
        Option<string> location,
        Func<AppleSession, Location, Task<int>> read
    )
    {
        await context.OpenKeyRingAsync();
        var locationId = context.Get(location)!;
        var found = await LocationStore.GetAsync(context.Database, locationId, context.CancellationToken);
        using var rate = new RequestRate(TimeProvider.System, LocationApple.RequestsPerSecond);
        try
        {
            return await read(context.Service<LocationApple>().Open(found, rate), found);
        }
        catch (AppleException exception)
        {
            var advice =
                exception.IsTokenError
                    ? $"Download a new content token from Apple, and run `locations renew-token {locationId}`."
                : exception.Kind == AppleErrorKind.EventUnknown
                    ? "Check the event ID: Apple knows no such event of this location."
                : exception.IsRejection ? "Check the command's arguments."
                : "Run the command again later.";
            throw new CommandException(ExitCode.Failed, $"{exception.Message} {advice}");
        }
    }

    /// <summary>An ID with its name, for sentences and lists within a cell.</summary>
    public static string? WithName(string? adamId, Func<string?, string?> nameOf) =>
        nameOf(adamId) is { } name ? $"{adamId} ({name})" : adamId;

    /// <summary>Finds names for people; without them, the output has none.</summary>
    public static async Task<Func<string?, string?>> FindNamesAsync(
        CommandContext context,
        Location location,
        IEnumerable<string?> adamIds
    )
    {
        string[] ids = [.. adamIds.OfType<string>().Distinct(StringComparer.Ordinal)];
        if (ids.Length == 0)
        {
            return _ => null;
        }

        var names = await context.Service<ContentNames>().FindAsync(location.Country, ids, context.CancellationToken);
        return adamId => adamId is null ? null : names.GetValueOrDefault(adamId)?.Name;
    }
}
