using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Locations;
using NotificationHub.Metadata;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <param name="Names">Cached names of the apps and books in failed tasks, by adamId.</param>
internal sealed record OperationsDocument(
    IReadOnlyList<Operation> Operations,
    IReadOnlyDictionary<string, string> Names
);

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
            .WithSummary("Returns the state of an operation, with one entry per location.");

    private static async Task<Results<Ok<OperationsDocument>, NotFound>> ShowAsync(
        string eventId,
        TrackedOperations operations,
        CancellationToken cancellationToken
    ) =>
        await operations.FindAsync(eventId, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
}
