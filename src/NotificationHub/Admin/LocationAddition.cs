using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Apple;
using NotificationHub.Auth;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>A location that was added. Of a receive-only one it has the secret, whose only copy this is.</summary>
internal sealed record AddedLocation(LocationDocument Location, string? NotificationAuthToken);

/// <summary><c>POST /admin/locations</c>. A caller who hangs up does not end what Apple was told already.</summary>
internal static class LocationAddition
{
    private static readonly AddLocationInputValidator Validator = new();

    public static async Task<Results<Created<AddedLocation>, ValidationProblem>> AddAsync(
        AddLocationInput input,
        HttpContext context,
        AuditTrail audit,
        LocationRegistration registration,
        ReceiveOnlyRegistration receiving,
        Database database,
        IHostApplicationLifetime lifetime
    )
    {
        if (Validator.FaultsOf(input) is { Count: > 0 } faults)
        {
            return TypedResults.ValidationProblem(faults);
        }

        var (location, secret) = await audit.RunAsync(
            AdminActor.Of(context),
            new AuditedAct(input.ReceiveOnly ? "locations add --receive-only" : "locations add"),
            () =>
                input.ReceiveOnly
                    ? ReceiveAsync(input, receiving, lifetime.ApplicationStopping)
                    : RegisterAsync(input, registration, lifetime.ApplicationStopping),
            done => done.Location.LocationId
        );
        // It may have a secret in it, and then nothing more may fail.
        var document = input.ReceiveOnly
            ? LocationDocument.Of(location)
            : await LocationDocument.OfAsync(database, location, context.RequestAborted);
        return TypedResults.Created($"/admin/locations/{document.Id}", new AddedLocation(document, secret?.Reveal()));
    }

    private static async Task<(Location Location, NotificationSecret? Secret)> RegisterAsync(
        AddLocationInput input,
        LocationRegistration registration,
        CancellationToken cancellationToken
    )
    {
        var request = new RegistrationRequest(
            ContentToken.Parse(input.ContentToken!),
            new Uri(input.Url!),
            new MdmInfo
            {
                Id = input.MdmId,
                Name = input.MdmName,
                Metadata = input.MdmMetadata,
            }
        );
        return (await registration.RegisterAsync(request, cancellationToken), null);
    }

    private static async Task<(Location Location, NotificationSecret? Secret)> ReceiveAsync(
        AddLocationInput input,
        ReceiveOnlyRegistration receiving,
        CancellationToken cancellationToken
    )
    {
        var (location, secret) = await receiving.RegisterAsync(new Uri(input.Url!), cancellationToken);
        return (location, secret);
    }
}
