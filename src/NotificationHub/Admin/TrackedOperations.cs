using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Metadata;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <param name="Names">Cached names of the apps and books in failed tasks, by adamId.</param>
internal sealed record OperationsDocument(
    IReadOnlyList<Operation> Operations,
    IReadOnlyDictionary<string, string> Names
)
{
    /// <summary>Whether a report names the devices or users of failed tasks.</summary>
    [JsonIgnore]
    public bool IsPersonal => Operations.Any(one => one.Report is { Failures.Count: > 0 });

    /// <summary>Without the devices and users, and without Apple's messages, which can name them.</summary>
    public OperationsDocument WithoutPersonalData() =>
        this with
        {
            Operations = [.. Operations.Select(WithoutPersonalData)],
        };

    private static Operation WithoutPersonalData(Operation one) =>
        one.Report is not { } report
            ? one
            : one with
            {
                ReportJson = JsonSerializer.Serialize(
                    report with
                    {
                        Failures = [.. report.Failures.Select(WithoutPersonalData)],
                    },
                    EventJsonContext.Default.OperationReport
                ),
            };

    private static OperationFailure WithoutPersonalData(OperationFailure failure) =>
        failure with
        {
            ErrorMessage = null,
            Items = [.. failure.Items.Select(item => item with { SerialNumber = null, ClientUserId = null })],
        };
}

/// <summary>Finds tracked operations for people, for the command and the admin API.</summary>
internal sealed class TrackedOperations(Database database, ContentNames names)
{
    /// <returns>Null if there is none.</returns>
    public async Task<OperationsDocument?> FindAsync(string eventId, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync(
            connection => OperationStore.FindAsync(connection, eventId),
            cancellationToken
        );
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        foreach (var one in found.Where(one => one.Report is not null))
        {
            var location = await LocationStore.FindAsync(database, one.LocationId, cancellationToken);
            var adamIds = one.Report!.Failures.SelectMany(failure => failure.Items).Select(item => item.AdamId);
            foreach (var (adamId, name) in await names.FindCachedAsync(location?.Country, adamIds, cancellationToken))
            {
                known[adamId] = name;
            }
        }

        return found.Count == 0 ? null : new OperationsDocument(found, known);
    }
}

internal static class TrackedOperationEndpoints
{
    public static void MapTrackedOperations(this IEndpointRouteBuilder admin) =>
        admin
            .MapGet("/operations/{eventId}", ShowAsync)
            .WithTags("Operations")
            .WithSummary(
                "Returns the state of an operation, with one entry per location. Only Operate sees devices and users."
            );

    private static async Task<Results<Ok<OperationsDocument>, NotFound>> ShowAsync(
        string eventId,
        HttpContext context,
        TrackedOperations operations,
        AuditTrail audit,
        CancellationToken cancellationToken
    )
    {
        if (await operations.FindAsync(eventId, cancellationToken) is not { } found)
        {
            return TypedResults.NotFound();
        }

        if (!found.IsPersonal)
        {
            return TypedResults.Ok(found);
        }

        if (!context.User.MayOperate())
        {
            return TypedResults.Ok(found.WithoutPersonalData());
        }

        await audit.RecordAsync(HubPrincipal.ActorOf(context), PersonalViews.Operations(found), cancellationToken);
        return TypedResults.Ok(found);
    }
}
