using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Apple;
using NotificationHub.Auth;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

// No record: what that prints would have the token in it.
/// <summary>A location's new content token.</summary>
internal sealed class RenewLocationInput
{
    [Description("The text of the new content token's file, as it was downloaded from Apple.")]
    public string? ContentToken { get; init; }
}

/// <param name="Resumed">An earlier rotation had taken effect, and is finished now; no further secret was made.</param>
/// <param name="NotificationAuthToken">Of a receive-only location: the new secret, whose only copy this is.</param>
internal sealed record RotatedLocation(LocationDocument Location, bool Resumed, string? NotificationAuthToken);

/// <param name="Apple">Whether Apple was told.</param>
internal sealed record RemovedLocation(LocationDocument Location, DeregistrationResult Apple);

/// <summary>What is done to a registered location. A caller who hangs up does not end what Apple was told already.</summary>
internal static class LocationChanges
{
    private static readonly RenewalInputValidator Renewals = new();

    public static async Task<Ok<RotatedLocation>> RotateAsync(
        [AsParameters] LocationChange change,
        [Description("Also where somebody has set another notification URL, secret or types at Apple.")] bool? takeBack,
        LocationRotation rotation
    )
    {
        var result = await change.RunAsync(
            "locations rotate",
            stopping => rotation.RotateAsync(new RotateRequest(change.Id, takeBack ?? false), stopping)
        );
        return TypedResults.Ok(
            new RotatedLocation(
                await change.DescribeAsync(result.Location),
                result.IsResumed,
                result.HandedOut?.Reveal()
            )
        );
    }

    public static async Task<Results<Ok<ComparedLocation>, ValidationProblem>> RenewAsync(
        [AsParameters] LocationChange change,
        RenewLocationInput input,
        LocationRenewal renewal
    )
    {
        var asked = new RenewalInput { LocationId = change.Id, ContentToken = input.ContentToken };
        if (Renewals.FaultsOf(asked) is { Count: > 0 } faults)
        {
            return TypedResults.ValidationProblem(faults);
        }

        var result = await change.RunAsync(
            "locations renew",
            stopping =>
                renewal.RenewAsync(new RenewRequest(change.Id, ContentToken.Parse(input.ContentToken!)), stopping)
        );
        return TypedResults.Ok(new ComparedLocation(await change.DescribeAsync(result.Location), result.Differences));
    }

    public static async Task<Ok<TestResult>> TestAsync(
        [AsParameters] LocationChange change,
        [Description("For how many seconds the test notification is waited for, 0 to 300; 30 by default.")] int? wait,
        LocationTest test
    )
    {
        var request = new TestRequest(
            change.Id,
            wait is { } seconds ? TimeSpan.FromSeconds(seconds) : TestRequest.DefaultWait
        );
        return TypedResults.Ok(await change.RunAsync("locations test", stopping => test.TestAsync(request, stopping)));
    }

    public static async Task<Ok<RemovedLocation>> RemoveAsync(
        [AsParameters] LocationChange change,
        [Description("Delete what was kept of it, too.")] bool? purge,
        [Description("Do not tell Apple, where Apple cannot be asked any more.")] bool? withoutApple,
        LocationRemoval removal
    )
    {
        var request = new RemoveRequest(change.Id, purge ?? false, withoutApple ?? false);
        var result = await change.RunAsync(
            request.DeleteData ? "locations remove --purge" : "locations remove",
            stopping => removal.RemoveAsync(request, stopping)
        );
        return TypedResults.Ok(new RemovedLocation(await change.DescribeAsync(result.Location), result.Apple));
    }
}

/// <summary>A request to do something to one location, in the name of whoever sent it.</summary>
internal sealed record LocationChange(
    [property: Description("The hub's id of the location.")] string Id,
    HttpContext Context,
    AuditTrail Audit,
    Database Database,
    IHostApplicationLifetime Lifetime
)
{
    public Task<T> RunAsync<T>(string action, Func<CancellationToken, Task<T>> work) =>
        Audit.RunAsync(AdminActor.Of(Context), new AuditedAct(action, Id), () => work(Lifetime.ApplicationStopping));

    public Task<LocationDocument> DescribeAsync(Location location) =>
        LocationDocument.OfAsync(Database, location, Context.RequestAborted);
}
