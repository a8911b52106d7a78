using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.Apple;

namespace NotificationHub.CommandLine.Apple;

internal sealed class AppleReadCommands(CommandRunner runner, Option<string> location)
{
    private readonly Option<string?> adamId = new("--adam-id") { Description = "Only records with this adamId." };

    private readonly Option<string?> user = new("--user") { Description = "Only this user, by clientUserId." };

    private readonly Option<string?> serial = new("--serial") { Description = "Only this device, by serial number." };

    private readonly Option<int> limit = CommandInput.Limit();

    public Symbol[] UserInputs => [location, user, limit];

    public Command CreateAssets() =>
        runner.Create(
            "assets",
            """
            List the location's apps and books, with names and counts.

            Example:
              NotificationHub apple assets --location euymam2icmymo32l
            """,
            context =>
                AppleCommand.ReadAsync(
                    context,
                    location,
                    async (session, registered) =>
                    {
                        var query = new AssetQuery { AdamId = context.Get(adamId) };
                        var (assets, hasMore) = await TakeAsync(context, session.ListAssetsAsync(query));
                        var nameOf = await AppleCommand.FindNamesAsync(
                            context,
                            registered,
                            assets.Select(one => one.AdamId)
                        );
                        return Write(
                            context,
                            new { Assets = assets.Select(one => WithName(one, nameOf(one.AdamId))), hasMore },
                            hasMore,
                            assets,
                            ("ID", one => one.AdamId),
                            ("Name", one => nameOf(one.AdamId)),
                            ("Kind", one => one.ProductType),
                            ("License", one => one.PricingParam),
                            ("Assigned", one => one.AssignedCount),
                            ("Available", one => one.IsUnlimited ? "unlimited" : one.AvailableCount),
                            ("Total", one => one.IsUnlimited ? "unlimited" : one.TotalCount)
                        );
                    }
                ),
            location,
            adamId,
            limit
        );

    public Command CreateAssignments() =>
        runner.Create(
            "assignments",
            """
            List which users and devices have which apps and books.

            Example:
              NotificationHub apple assignments --location euymam2icmymo32l --serial C02XK0AAJGH5
            """,
            context =>
                AppleCommand.ReadAsync(
                    context,
                    location,
                    async (session, registered) =>
                    {
                        var query = new AssignmentQuery
                        {
                            AdamId = context.Get(adamId),
                            ClientUserId = context.Get(user),
                            SerialNumber = context.Get(serial),
                        };
                        var (assignments, hasMore) = await TakeAsync(context, session.ListAssignmentsAsync(query));
                        var nameOf = await AppleCommand.FindNamesAsync(
                            context,
                            registered,
                            assignments.Select(one => one.AdamId)
                        );
                        return Write(
                            context,
                            new { Assignments = assignments.Select(one => WithName(one, nameOf(one.AdamId))), hasMore },
                            hasMore,
                            assignments,
                            ("ID", one => one.AdamId),
                            ("Name", one => nameOf(one.AdamId)),
                            ("Device", one => one.SerialNumber),
                            ("User", one => one.ClientUserId),
                            ("License", one => one.PricingParam)
                        );
                    }
                ),
            location,
            adamId,
            serial,
            user,
            limit
        );

    public Command CreateSubscriptions() =>
        runner.Create(
            "subscriptions",
            "List the location's subscriptions, with names and seats.",
            context =>
                AppleCommand.ReadAsync(
                    context,
                    location,
                    async (session, registered) =>
                    {
                        var query = new SubscriptionQuery { AdamId = context.Get(adamId) };
                        var (found, hasMore) = await TakeAsync(context, session.ListSubscriptionsAsync(query));
                        var nameOf = await AppleCommand.FindNamesAsync(
                            context,
                            registered,
                            found.SelectMany(one => new[] { one.AdamId, one.ParentAdamId })
                        );
                        return Write(
                            context,
                            new
                            {
                                Subscriptions = found.Select(one =>
                                    WithName(one, nameOf(one.AdamId) ?? nameOf(one.ParentAdamId))
                                ),
                                hasMore,
                            },
                            hasMore,
                            found,
                            ("ID", one => one.AdamId),
                            ("Name", one => nameOf(one.AdamId) ?? nameOf(one.ParentAdamId)),
                            ("Status", one => one.Status),
                            ("Assigned", one => Sum(one.Counts?.Assigned)),
                            ("Available", one => Sum(one.Counts?.Available)),
                            ("Period ends", one => one.PeriodEndDate?.ToString("O", null))
                        );
                    }
                ),
            location,
            adamId,
            limit
        );

    public Command CreateStatus()
    {
        var eventId = new Argument<string>("event-id") { Description = "The eventId in Apple's response." };
        return runner.Create(
            "status",
            """
            Show Apple's status of a request and the tasks that failed.

            `operations show` shows what the hub knows about the request, without calling Apple.
            """,
            context =>
                AppleCommand.ReadAsync(
                    context,
                    location,
                    async (session, registered) =>
                    {
                        var status = await session.GetEventStatusAsync(context.Get(eventId), context.CancellationToken);
                        string?[] adamIds =
                        [
                            .. status.Failures.SelectMany(one => one.ErrorInfo?.Assets ?? [], (_, one) => one.AdamId),
                        ];
                        var nameOf = await AppleCommand.FindNamesAsync(context, registered, adamIds);
                        context.Output.Write(
                            new
                            {
                                EventId = context.Get(eventId),
                                Status = status,
                                Names = adamIds
                                    .OfType<string>()
                                    .Where(adamId => nameOf(adamId) is not null)
                                    .Distinct(StringComparer.Ordinal)
                                    .ToDictionary(adamId => adamId, nameOf, StringComparer.Ordinal),
                            },
                            console =>
                            {
                                console.WriteFields(
                                    ("Status", status.Status),
                                    ("Kind", status.EventType),
                                    ("Completed", status.NumCompleted),
                                    ("Requested", status.NumRequested)
                                );
                                if (status.Failures.Count > 0)
                                {
                                    console.WriteTable(
                                        status.Failures,
                                        ("Error", one => one.ErrorNumber),
                                        (
                                            "Assets",
                                            one =>
                                                one.ErrorInfo?.Assets.Select(asset =>
                                                    AppleCommand.WithName(asset.AdamId, nameOf)
                                                )
                                        ),
                                        ("Devices", one => one.ErrorInfo?.SerialNumbers),
                                        ("Users", one => one.ErrorInfo?.ClientUserIds),
                                        ("Message", one => one.ErrorMessage)
                                    );
                                }
                            }
                        );
                        return status.Failures.Count > 0 ? ExitCode.Failed : ExitCode.Ok;
                    }
                ),
            eventId,
            location
        );
    }

    public Task<int> ListUsersAsync(CommandContext context) =>
        AppleCommand.ReadAsync(
            context,
            location,
            async (session, _) =>
            {
                var query = new UserQuery { ClientUserId = context.Get(user) };
                var (users, hasMore) = await TakeAsync(context, session.ListUsersAsync(query));
                return Write(
                    context,
                    new { Users = users, hasMore },
                    hasMore,
                    users,
                    ("User", one => one.ClientUserId),
                    ("Status", one => one.Status),
                    ("Email", one => one.Email)
                );
            }
        );

    // Apple's members keep their names, including those that the client does not know.
    private static JsonObject WithName<T>(T record, string? name)
    {
        var json = JsonSerializer.SerializeToNode(record, JsonSerializerOptions.Web)!.AsObject();
        json.Insert(0, "name", name);
        return json;
    }

    private static int Write<TDocument, T>(
        CommandContext context,
        TDocument document,
        bool hasMore,
        List<T> rows,
        params (string Heading, Func<T, object?> Cell)[] columns
    )
    {
        context.Output.Write(
            document,
            console =>
            {
                console.WriteTable(rows, columns);
                if (hasMore)
                {
                    console.WriteText("There are more. Use a filter, or a higher --limit.");
                }
            }
        );
        return ExitCode.Ok;
    }

    // Stops to read at the limit: a location may have a million records.
    private async Task<(List<T> Records, bool HasMore)> TakeAsync<T>(
        CommandContext context,
        IAsyncEnumerable<T> records
    )
    {
        var maxCount = context.Get(limit);
        List<T> taken = [];
        await foreach (var record in records.WithCancellation(context.CancellationToken))
        {
            if (taken.Count == maxCount)
            {
                return (taken, true);
            }

            taken.Add(record);
        }

        return (taken, false);
    }

    private static long? Sum(SeatCounts? seats) => seats is null ? null : (seats.Renewing ?? 0) + (seats.Expiring ?? 0);
}
