using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Erasure;
using NotificationHub.Hosting;

namespace NotificationHub.Admin;

internal static class ErasureEndpoints
{
    private static readonly ErasureRequestValidator Requests = new();

    public static void MapErasures(this IEndpointRouteBuilder admin) =>
        admin
            .MapPost("/admin/erasures", EraseAsync)
            .WithTags("Privacy")
            .WithSummary("Deletes a person's or a device's data. 202: the hub finishes the deletion in the background.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .RequireAuthorization(HubPolicies.Operate);

    private static async Task<Results<Ok<ErasureDocument>, Accepted<ErasureDocument>, ValidationProblem>> EraseAsync(
        ErasureRequest request,
        HttpContext context,
        ErasureService erasure,
        IHostApplicationLifetime lifetime
    )
    {
        if (Requests.ErrorsOf(request) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        // The deletion continues if the caller disconnects.
        var result = request.DryRun
            ? await erasure.PreviewAsync(request, context.RequestAborted)
            : await erasure.EraseAsync(request, HubPrincipal.ActorOf(context), lifetime.ApplicationStopping);
        var document = ErasureDocument.Create(request, result);
        return result.IsDone ? TypedResults.Ok(document) : TypedResults.Accepted((string?)null, document);
    }
}

/// <summary>The result of an erasure, without the person or device.</summary>
/// <param name="Kind"><c>device</c> or <c>user</c>.</param>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="State"><c>done</c>, or <c>under-way</c> while the hub finishes it.</param>
/// <param name="AuditEntry">The seq of the audit log entry.</param>
/// <param name="Notifications">Notifications with the data; null if it is under way or another process did it.</param>
/// <param name="Events">Events with the data.</param>
/// <param name="Records">Other rows with the data: snapshots, refetch targets, operation reports, dead letters.</param>
/// <param name="Remarks">What the erasure does not reach.</param>
internal sealed record ErasureDocument(
    string Kind,
    bool DryRun,
    string State,
    long? AuditEntry,
    long? Notifications,
    long? Events,
    long? Records,
    IReadOnlyList<string> Remarks
)
{
    private const string Sent =
        "Messages on the Service Bus, consumers' copies and database backups still contain the data.";

    private const string AtApple =
        "Retire the user or release the device at Apple first: otherwise the next notification or read brings the data back.";

    public static ErasureDocument Create(ErasureRequest request, ErasureResult result) =>
        new(
            request.Kind,
            result.AuditSeq is null,
            result.IsDone ? "done" : "under-way",
            result.AuditSeq,
            result.Counts?.Notifications,
            result.Counts?.Events,
            result.Counts?.Records,
            [Sent, AtApple]
        );
}
