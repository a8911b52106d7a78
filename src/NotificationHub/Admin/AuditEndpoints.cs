using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder admin) =>
        admin
            .MapGet("/admin/audit", ListAsync)
            .WithTags("Audit")
            .WithSummary("Lists who changed what, when and from where. Without after, the latest entries.");

    private static async Task<Results<Ok<Page<AuditEntry>>, ValidationProblem>> ListAsync(
        [AsParameters] Paging paging,
        Database database,
        CancellationToken cancellationToken
    ) =>
        paging.FindErrors() is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(
                Page.Create(
                    await database.ReadAsync(
                        connection => AuditLog.ListAsync(connection, paging.After, paging.Size),
                        cancellationToken
                    ),
                    paging.Size,
                    entry => entry.Seq
                )
            );
}
