using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder admin) =>
        admin
            .MapGet("/admin/audit", ListAsync)
            .WithTags("Audit")
            .WithSummary("Who changed what, when and from where; without after, the latest.");

    private static async Task<Results<Ok<AuditPage>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        Database database,
        CancellationToken cancellationToken
    )
    {
        if (paging.Faults is { Count: > 0 } faults)
        {
            return TypedResults.ValidationProblem(faults);
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return TypedResults.Ok(
            AuditPage.Of(await AuditLog.ListAsync(connection, paging.After, paging.Size), paging.Size)
        );
    }
}
