using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Removal;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class LocationsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var location = new Argument<string>("location") { Description = "The location's ID from `locations list`." };
        return new Command("locations", "Manage the locations: your organization's app and book libraries at Apple.")
        {
            runner.Json,
            LocationsAddCommand.CreateAdd(runner),
            CreateList(runner),
            runner.Create(
                "show",
                """
                Show a location's state, full syncs and secrets, and how Apple's settings differ from the hub's.

                The output shows how far each full sync has read the location's records, when each secret was last
                used, and the differences that the hub found when it last compared the settings.
                """,
                context => ShowAsync(context, context.Get(location)),
                location
            ),
            runner.Create(
                "verify",
                """
                Compare a location's Client Config at Apple with the settings that the hub has stored.

                The command changes nothing at Apple, but updates the location's state. It does not work for a
                receive-only location. Exit code 1: the settings differ, or the command failed.
                """,
                context => VerifyAsync(context, context.Get(location)),
                location
            ),
            CreateRotateSecret(runner, location),
            LocationsAddCommand.CreateRenewToken(runner, location),
            CreateTest(runner, location),
            CreateRemove(runner, location),
        };
    }

    private static Command CreateList(CommandRunner runner)
    {
        var after = new Option<string?>("--after")
        {
            Description = "Only locations that come after this ID in the list.",
        };
        var state = CommandInput.Choice("--state", "Only locations in this state", [.. LocationStates.All]);
        var limit = CommandInput.Limit(LocationStore.PageRows);
        return runner.Create(
            "list",
            "List locations with their state and warnings.",
            context => ListAsync(context, context.Get(after), context.Get(state), context.Get(limit)),
            after,
            state,
            limit
        );
    }

    private static Command CreateRotateSecret(CommandRunner runner, Argument<string> location)
    {
        var overwrite = new Option<bool>("--overwrite")
        {
            Description =
                "Overwrite the URL, secret and notification types at Apple even if another party changed them.",
        };
        return runner.Create(
            "rotate-secret",
            """
            Replace a location's notification secret.

            A hub must be running. If the command times out, run it again: it resumes the rotation. If another
            party changed the URL, secret or notification types at Apple, the command fails and changes
            nothing, unless you specify --overwrite. For a receive-only location, the command prints a new
            secret each time. Enter that secret in the MDM.
            """,
            context => RotateSecretAsync(context, context.Get(location), context.Get(overwrite)),
            location,
            overwrite
        );
    }

    private static Command CreateTest(CommandRunner runner, Argument<string> location)
    {
        var wait = new Option<TimeSpan>("--wait")
        {
            Description = "How long to wait: seconds, or hh:mm:ss. At most five minutes.",
            DefaultValueFactory = _ => TestRequest.DefaultWait,
            CustomParser = given => CommandInput.ParseWait(given, TestRequest.MaxWait),
        };
        return runner.Create(
            "test",
            """
            Ask Apple to send a test notification through the public URL, and wait for it.

            A hub must be running. Apple sends a test notification only in response to an update of Client
            Config, so the command updates Client Config with a new secret. If Apple's settings differ from
            the hub's, or the location is receive-only, the command fails and changes nothing.
            Exit code 1: the notification did not arrive, or the command failed.
            """,
            context => TestAsync(context, context.Get(location), context.Get(wait)),
            location,
            wait
        );
    }

    private static Command CreateRemove(CommandRunner runner, Argument<string> location)
    {
        var deleteData = new Option<bool>("--delete-data")
        {
            Description = "Also delete the location's notifications, events and records.",
        };
        var skipApple = new Option<bool>("--skip-apple")
        {
            Description = "Do not contact Apple. Use this if the content token no longer works.",
        };
        var noRestore = new Option<bool>("--no-restore")
        {
            Description = "Clear the hub's settings at Apple, even if the hub could restore another server's URL.",
        };
        return runner.Create(
            "remove",
            """
            Remove a location, and restore Apple's previous settings.

            If the hub replaced another server's URL, the command restores that URL at Apple: Apple sends a test
            notification to that server, and later all notifications. If the server does not accept the test,
            the command fails and changes nothing. If there is no URL to restore, the command clears the hub's
            URL, secret and notification types at Apple.

            The hub keeps the location's data unless you use --delete-data. In either case, it accepts the
            location's deliveries for one more day: it stores them and responds 200, but does not route them.
            With --delete-data, it deletes these deliveries, too, at the end of that day. You can register the
            library again at once; the hub then gives it a new location ID.
            """,
            context =>
                RemoveAsync(
                    context,
                    new RemoveRequest(
                        context.Get(location),
                        context.Get(deleteData),
                        context.Get(skipApple),
                        context.Get(noRestore)
                    )
                ),
            location,
            deleteData,
            skipApple,
            noRestore
        );
    }

    private static async Task ListAsync(CommandContext context, string? after, string? state, int limit)
    {
        var page = await context.Locations.ListAsync(after, state, limit, context.CancellationToken);
        context.Output.Write(
            page,
            console =>
            {
                console.WriteTable(
                    page.Items,
                    ("ID", location => location.Id),
                    ("State", location => location.State),
                    ("Warnings", location => location.Warnings),
                    ("Name", location => location.Name),
                    ("uId", location => location.UId),
                    ("Since", location => location.StateSince),
                    (
                        "Content token expires",
                        location => location.ReceiveOnly ? "none (receive-only)" : location.TokenExpiresAt
                    ),
                    ("Imported", location => location.Progress?.Import),
                    ("Notification URL", location => location.NotificationUrl)
                );
                console.WriteNext(page.Next);
            }
        );
    }

    private static async Task ShowAsync(CommandContext context, string locationId)
    {
        var document = await context.Locations.ShowAsync(locationId, context.CancellationToken);
        context.Output.Write(document, document.WriteTo);
    }

    private static async Task<int> VerifyAsync(CommandContext context, string locationId)
    {
        await context.OpenKeyRingAsync();
        var compared = await context.Locations.VerifyAsync(locationId, context.Actor, context.CancellationToken);
        context.Output.WriteComparison(compared);
        return compared.Differences.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task RotateSecretAsync(CommandContext context, string locationId, bool overwrite)
    {
        await context.OpenKeyRingAsync();
        var rotated = await context.Locations.RotateSecretAsync(
            locationId,
            overwrite,
            context.Actor,
            context.CancellationToken
        );
        if (rotated.NotificationAuthToken is { } secret)
        {
            context.Output.Write(rotated, console => console.WriteSecret(rotated.Location, secret));
            return;
        }

        context.Output.Write(
            rotated,
            console =>
            {
                rotated.Location.WriteTo(console);
                console.WriteText(
                    rotated.Resumed
                        ? "Apple already used the secret of an earlier rotation, which is now complete. "
                            + "Run the command again for another secret."
                        : "Apple uses the new secret. The hub accepts the previous ones for ten more minutes."
                );
                rotated.WriteOverwritten(console);
            }
        );
    }

    private static void WriteOverwritten(this RotatedLocation rotated, IAnsiConsole console)
    {
        if (rotated.ReplacedServer is not { } replaced)
        {
            return;
        }

        console.WriteReplaced(replaced);
        console.WriteText(
            rotated.RelayState switch
            {
                null =>
                    $"The hub does not forward notifications to {replaced.Host}. To forward them, run `relay add {rotated.Location.Id} --relay-to URL --relay-secret-file FILE`.",
                RelayTargetState.Stopped =>
                    $"The hub collects the notifications for {replaced.Host}. To forward them, run `relay start {rotated.Location.Id}`.",
                _ => $"The hub forwards every notification to {replaced.Host}.",
            }
        );
    }

    private static async Task<int> TestAsync(CommandContext context, string locationId, TimeSpan wait)
    {
        await context.OpenKeyRingAsync();
        var result = await context.Locations.TestAsync(locationId, wait, context.Actor, context.CancellationToken);
        context.Output.Write(result, console => console.WriteText(result.Message));
        return result.Outcome == TestOutcome.Arrived ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task RemoveAsync(CommandContext context, RemoveRequest request)
    {
        if (!request.SkipApple)
        {
            await context.OpenKeyRingAsync();
        }

        var removed = await context.Locations.RemoveAsync(request, context.Actor, context.CancellationToken);
        context.Output.Write(
            removed,
            console =>
            {
                removed.Location.WriteTo(console);
                console.WriteText(removed.Apple.Message);
            }
        );
    }
}
