using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Auth;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

internal static class OperationEndpoints
{
    private const string Tag = "Operations";
    private const int MaxAnnouncements = 1_000;
    private const int MaxBodyBytes = 1024 * 1024;

    public static void MapOperations(this IEndpointRouteBuilder admin, Func<HttpContext, Actor> getActor)
    {
        admin
            .MapPost(
                "/operations",
                (HttpRequest request, Announcements announcements, CancellationToken cancellationToken) =>
                    AnnounceAsync(request, getActor(request.HttpContext), announcements, cancellationToken)
            )
            .RequireAuthorization(HubPolicies.Operate)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .WithTags(Tag)
            .Accepts<Announcement>("application/json")
            .WithSummary("Announces one operation or a list, so that the hub tracks it and publishes its result.");
    }

    private static async Task<
        Results<Accepted<AnnouncedDocument>, Ok<AnnouncedDocument>, ValidationProblem>
    > AnnounceAsync(HttpRequest request, Actor actor, Announcements announcements, CancellationToken cancellationToken)
    {
        var errors = new AnnouncementErrors();
        var read = await errors.ReadAsync(request.Body, MaxAnnouncements, cancellationToken);
        var locationIds = read.Select(announcement => announcement.Location).OfType<string>();
        errors.AddUnknownLocations(read, await announcements.FindUnknownLocationsAsync(locationIds, cancellationToken));
        if (errors.Any)
        {
            return TypedResults.ValidationProblem(
                errors.ByMember,
                "Nothing was stored. Correct the listed errors and send the request again."
            );
        }

        var stored = await announcements.StoreAsync(read, actor, cancellationToken);
        var document = new AnnouncedDocument(stored, read.Count - stored);
        return stored > 0 ? TypedResults.Accepted((string?)null, document) : TypedResults.Ok(document);
    }
}

/// <param name="Announced">The number of newly announced operations.</param>
/// <param name="Known">The number of operations that were announced before, and did not change.</param>
internal sealed record AnnouncedDocument(int Announced, int Known);
