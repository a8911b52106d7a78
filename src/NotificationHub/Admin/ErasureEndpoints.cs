using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Auth;
using NotificationHub.Erasure;

namespace NotificationHub.Admin;

// No record: what that prints would name whom.
/// <summary>Whose data is to go: either a device's or a user's.</summary>
internal sealed class ErasureInput
{
    [Description("The device's serial number.")]
    public string? SerialNumber { get; init; }

    [Description("The user's clientUserId.")]
    public string? ClientUserId { get; init; }

    [Description("Only what was kept of this location.")]
    public string? Location { get; init; }

    [Description("Count what there is, and change nothing.")]
    public bool DryRun { get; init; }
}

internal static class ErasureEndpoints
{
    private static readonly ErasureRequestValidator Requests = new();

    public static void MapPrivacy(this IEndpointRouteBuilder admin) =>
        admin
            .MapPost("/admin/purge", EraseAsync)
            .WithTags("Privacy")
            .WithSummary(
                "Takes a person's or a device's data out of everything that is kept; 202: it goes on by itself."
            )
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .RequireAuthorization(AdminPolicies.Operate);

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
        if (Requests.FaultsOf(request) is { Count: > 0 } faults)
        {
            return TypedResults.ValidationProblem(faults);
        }

        if (input.DryRun)
        {
            return TypedResults.Ok(
                ErasureDocument.Of(request, await erasure.PreviewAsync(request, context.RequestAborted))
            );
        }

        // A caller who hangs up does not end it.
        var result = await erasure.EraseAsync(request, AdminActor.Of(context), lifetime.ApplicationStopping);
        var document = ErasureDocument.Of(request, result);
        return result.IsDone ? TypedResults.Ok(document) : TypedResults.Accepted((string?)null, document);
    }
}
