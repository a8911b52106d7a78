using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>The commands on one location.</summary>
internal static class LocationCommands
{
    private static readonly Argument<string> Id = new("location")
    {
        Description = "The location's id, of `locations list`.",
    };

    private static readonly Option<bool> TakeBack = new("--take-back")
    {
        Description = "Also where somebody has set another notification URL, secret or types at Apple: set ours again.",
    };

    private static readonly Option<FileInfo> TokenFile = CreateTokenFile();

    private static readonly RenewalInputValidator Renewals = new();

    private static readonly Option<TimeSpan> Wait = new("--wait")
    {
        Description =
            "How long the test notification is waited for: in seconds, such as 30, or as hours, minutes and seconds, such as 00:00:30; five minutes at most.",
        DefaultValueFactory = _ => TestRequest.DefaultWait,
        CustomParser = Waits.Read,
    };

    private static readonly Option<bool> DeleteData = new("--purge")
    {
        Description = "Delete what was kept of it: its notifications, events, records.",
    };

    private static readonly Option<bool> KeepData = new("--keep-data")
    {
        Description = "Keep what was kept of it; that is so without --purge, too.",
    };

    private static readonly Option<bool> SkipApple = new("--without-apple")
    {
        Description = "Do not tell Apple, for a location that Apple cannot be asked about any more.",
    };

    public static IEnumerable<Command> Create(CommandRunner runner)
    {
        yield return Create(runner, "show", "Show everything that is known of one location.", ShowAsync);
        yield return Create(
            runner,
            "verify",
            "Compare what Apple has recorded for a location with what the hub has. Changes nothing at Apple; ends with 1 where they differ.",
            VerifyAsync
        );
        yield return Create(
            runner,
            "rotate",
            "Give a location a new notification secret, while the hub runs. After a time-out, run the same command again: it finds out and finishes. "
                + "Of a receive-only location the secret is printed, once, for the MDM to configure.",
            RotateAsync,
            TakeBack
        );
        yield return CreateRenew(runner);
        yield return Create(
            runner,
            "test",
            "Have Apple post a test notification through the public URL, with a new secret, and say what happened; ends with 1 where it did not arrive.",
            TestAsync,
            Wait
        );
        yield return CreateRemove(runner);
    }

    private static Option<FileInfo> CreateTokenFile()
    {
        var option = ContentTokenFile.CreateOption();
        option.Required = true;
        return option;
    }

    private static Command CreateRenew(CommandRunner runner)
    {
        var renew = Create(
            runner,
            "renew",
            "Give a location a new content token for the same library. Everything else stays.",
            RenewAsync,
            TokenFile
        );
        renew.Validators.Add(command =>
        {
            var (text, isTold) = ContentTokenFile.ReadFor(command, TokenFile);
            command.Judge(
                Renewals,
                new RenewalInput { LocationId = command.GetValue(Id) ?? "", ContentToken = text },
                (nameof(RenewalInput.LocationId), "The location"),
                (nameof(RenewalInput.ContentToken), isTold ? null : TokenFile.Name)
            );
        });
        return renew;
    }

    private static Command CreateRemove(CommandRunner runner)
    {
        var remove = Create(
            runner,
            "remove",
            "Take a location out: Apple is told, late posts are answered for a day and not routed. Its library can be added again at once.",
            RemoveAsync,
            DeleteData,
            KeepData,
            SkipApple
        );
        remove.Validators.Add(result =>
        {
            if (result.IsSet(DeleteData) && result.IsSet(KeepData))
            {
                result.AddError("Give either --purge or --keep-data.");
            }
        });
        return remove;
    }

    private static Command Create(
        CommandRunner runner,
        string name,
        string description,
        Func<CommandContext, Task<int>> work,
        params Option[] options
    )
    {
        var command = new Command(name, description) { Id };
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.SetAction((arguments, cancellationToken) => runner.RunAsync(arguments, work, cancellationToken));
        return command;
    }

    private static async Task<int> ShowAsync(CommandContext context)
    {
        var details = await context
            .Service<LocationDescription>()
            .DescribeAsync(new DescribeRequest(IdOf(context)), context.CancellationToken);
        await using var connection = await context.Database.OpenReaderAsync(context.CancellationToken);
        var document = await LocationDetailsDocument.OfAsync(connection, details);
        context.Output.Write(document, document.WriteTo);
        return ExitCode.Ok;
    }

    private static async Task<int> VerifyAsync(CommandContext context)
    {
        await context.OpenKeyRingAsync();
        var result = await context
            .Service<LocationVerification>()
            .VerifyAsync(
                new VerifyRequest(IdOf(context), new StateAudit(context.Actor, "locations verify")),
                context.CancellationToken
            );
        await WriteAsync(context, result.Location, result.Differences);
        return result.Differences.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<int> RotateAsync(CommandContext context)
    {
        await context.OpenKeyRingAsync();
        var request = new RotateRequest(IdOf(context), context.Arguments.GetValue(TakeBack));
        var result = await context.AuditAsync(
            new AuditedAct("locations rotate", request.LocationId),
            () => context.Service<LocationRotation>().RotateAsync(request, context.CancellationToken)
        );
        if (result.HandedOut is { } secret)
        {
            context.Output.WriteHandedOut(result.Location, secret);
            return ExitCode.Ok;
        }

        var document = await DescribeAsync(context, result.Location);
        context.Output.Write(
            new { Location = document, Resumed = result.IsResumed },
            console =>
            {
                document.WriteTo(console);
                console.WriteText(
                    result.IsResumed
                        ? "An earlier rotation had taken effect at Apple, and is finished now. Run the command once more for a further secret."
                        : "Apple uses the new secret. The old ones are accepted for ten minutes more."
                );
            }
        );
        return ExitCode.Ok;
    }

    private static async Task<int> RenewAsync(CommandContext context)
    {
        await context.OpenKeyRingAsync();
        var token = ContentTokenFile.Read(context.Arguments.GetValue(TokenFile)!);
        var result = await context.AuditAsync(
            new AuditedAct("locations renew", IdOf(context)),
            () =>
                context
                    .Service<LocationRenewal>()
                    .RenewAsync(new RenewRequest(IdOf(context), token), context.CancellationToken)
        );
        await WriteAsync(context, result.Location, result.Differences);
        return ExitCode.Ok;
    }

    private static async Task<int> TestAsync(CommandContext context)
    {
        await context.OpenKeyRingAsync();
        var request = new TestRequest(IdOf(context), context.Arguments.GetValue(Wait));
        var result = await context.AuditAsync(
            new AuditedAct("locations test", request.LocationId),
            () => context.Service<LocationTest>().TestAsync(request, context.CancellationToken)
        );
        context.Output.Write(result, console => console.WriteText(result.Message));
        return result.Outcome == TestOutcome.Arrived ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<int> RemoveAsync(CommandContext context)
    {
        var request = new RemoveRequest(
            IdOf(context),
            context.Arguments.GetValue(DeleteData),
            context.Arguments.GetValue(SkipApple)
        );
        if (!request.SkipApple)
        {
            await context.OpenKeyRingAsync();
        }

        var result = await context.AuditAsync(
            new AuditedAct(request.DeleteData ? "locations remove --purge" : "locations remove", request.LocationId),
            () => context.Service<LocationRemoval>().RemoveAsync(request, context.CancellationToken)
        );
        var document = await DescribeAsync(context, result.Location);
        context.Output.Write(
            new { Location = document, result.Apple },
            console =>
            {
                document.WriteTo(console);
                console.WriteText(result.Apple.Message);
            }
        );
        return ExitCode.Ok;
    }

    private static string IdOf(CommandContext context) => context.Arguments.GetValue(Id)!;

    private static Task<LocationDocument> DescribeAsync(CommandContext context, Location location) =>
        LocationDocument.OfAsync(context.Database, location, context.CancellationToken);

    private static async Task WriteAsync(
        CommandContext context,
        Location location,
        IReadOnlyList<LocationDifference> differences
    )
    {
        var document = await DescribeAsync(context, location);
        context.Output.Write(
            new { Location = document, Differences = differences },
            console =>
            {
                document.WriteTo(console);
                console.WriteDifferences(differences);
            }
        );
    }

    public static void WriteDifferences(this IAnsiConsole console, IReadOnlyList<LocationDifference> differences)
    {
        foreach (var one in differences)
        {
            console.WriteText("");
            console.WriteFields(
                ("Differs", one.Setting),
                ("Recorded", one.Expected),
                ("At Apple", one.Actual),
                ("What to do", one.Advice)
            );
        }
    }
}
