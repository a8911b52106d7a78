using System.Text.Json;
using System.Text.Json.Serialization;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>The listener for administration and health probes only; if null, every listener serves them.</summary>
    public string? Urls { get; set; }
}

internal static class AdminSetup
{
    public static void AddAdmin(this HubBuilder hub)
    {
        hub.AddAdminApi();
        hub.Services.AddSingleton<LocationService>();
        hub.Services.AddSingleton<TrackedOperations>();
        hub.Services.AddSingleton<BackwardSearch>();
        hub.Services.AddSingleton<NotificationListing>();
        hub.Services.AddSingleton<NotificationTrail>();
        hub.Services.AddSingleton<EventListing>();
        hub.Services.AddSingleton<RecordHistory>();
        hub.Services.AddSingleton<EffectiveSettings>();
    }

    public static void AddAdminApi(this HubBuilder hub)
    {
        hub.AddOptions<AdminOptions>(AdminOptions.Section);
        hub.Services.AddAdminDocument();
        hub.Services.ConfigureHttpJsonOptions(json =>
        {
            // As the commands print them.
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
            // Otherwise OpenAPI describes each number as a number or a string.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            // Otherwise a misspelled member is ignored: a dry run would change something.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.AllowDuplicateProperties = false;
        });
        // A request that cannot be bound gets problem details in every environment.
        hub.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    /// <summary>Maps routes that require <see cref="HubPolicies.Read"/>, if administration is possible at all.</summary>
    // A route that changes something or returns personal data adds RequireAuthorization(HubPolicies.Operate).
    public static void MapAdmin(this WebApplication app, Action<IEndpointRouteBuilder> map)
    {
        if (app.Services.GetRequiredService<ApiAccessRules>().Admin == ApiAccess.None)
        {
            return;
        }

        map(
            app.MapGroup("")
                .RequireAuthorization(HubPolicies.Read)
                .ServeOn(ListenerRoutes.Admin)
                .WithMetadata(AdminRoute.Mark)
                .AcceptOnlyDeclaredInput()
        );
        app.UseWhen(
            context => context.GetEndpoint()?.Metadata.GetMetadata<AdminRoute>() is not null,
            admin => admin.UseAdminErrors()
        );
    }

    public static void MapAdminEndpoints(this IEndpointRouteBuilder admin)
    {
        admin.MapLocations();
        admin.MapRelayTargets();
        admin.MapNotifications();
        admin.MapDeadLetters();
        admin.MapSubscriptionDeadLetters();
        admin.MapReplays();
        admin.MapTrackedOperations();
        admin.MapErasures();
        admin.MapAudit();
        admin.MapOpenApi();
    }

    private sealed class AdminRoute
    {
        public static readonly AdminRoute Mark = new();
    }
}
