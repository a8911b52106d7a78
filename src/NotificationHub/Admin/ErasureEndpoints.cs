using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Erasure;

namespace NotificationHub.Admin;

// Not a record, because its ToString would print personal data.
/// <summary>Either a device or a user.</summary>
internal sealed class ErasureInput
{
    [Description("The device's serial number.")]
    public string? SerialNumber { get; init; }

    [Description("The user's clientUserId.")]
    public string? ClientUserId { get; init; }

    [Description("Only data of this location.")]
    public string? Location { get; init; }

    [Description("Only count; change nothing.")]
    public bool DryRun { get; init; }
}

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
        ErasureInput input,
        HttpContext context,
        ErasureService erasure,
        IHostApplicationLifetime lifetime
    )
    {
        var request = new ErasureRequest
        {
            SerialNumber = input.SerialNumber,
            ClientUserId = input.ClientUserId,
            LocationId = input.Location,
        };
        if (Requests.ErrorsOf(request) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if (input.DryRun)
        {
            return TypedResults.Ok(
                ErasureDocument.Create(request, await erasure.PreviewAsync(request, context.RequestAborted))
            );
        }

        // The deletion continues if the caller disconnects.
        var result = await erasure.EraseAsync(request, HubPrincipal.ActorOf(context), lifetime.ApplicationStopping);
        var document = ErasureDocument.Create(request, result);
        return result.IsDone ? TypedResults.Ok(document) : TypedResults.Accepted((string?)null, document);
    }
}
