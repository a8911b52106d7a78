using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.Admin;

internal static class AdminSetup
{
    /// <summary>Who may administer the hub over HTTP, and how they prove it.</summary>
    public static void AddAdmin(this HubBuilder hub)
    {
        hub.Services.AddSingleton<LocationService>();
        var options = hub.AddOptions(AdminOptions.Section, new AdminOptionsValidator());
        if (AccessTo(options, hub.Environment) == AdminAccess.None)
        {
            return;
        }

        hub.Services.AddAdminSchemes(options, hub.Environment.IsDevelopment());
        hub.Services.AddRefusedCredentials();
        hub.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, AdminRefusals>();
        hub.Services.AddAdminDocument();
        hub.Services.ConfigureHttpJsonOptions(json =>
        {
            // As the commands print them.
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
            // Else every number is described as a number or a text.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        // A request that cannot be bound is answered with problem details, in every environment.
        hub.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        hub.Services.AddAuthorizationBuilder()
            .AddPolicy(AdminPolicies.Read, policy => Ensure(policy, AdminPolicies.Read, AdminPolicies.Operate))
            .AddPolicy(AdminPolicies.Operate, policy => Ensure(policy, AdminPolicies.Operate));
    }

    public static AdminAccess AccessToAdmin(this WebApplication app) =>
        AccessTo(app.Services.GetRequiredService<IOptions<AdminOptions>>().Value, app.Environment);

    /// <summary>
    /// Maps routes for administrators only, or none where nobody may administer. All of them demand
    /// <see cref="AdminPolicies.Read"/>; one that changes something adds <c>RequireAuthorization(AdminPolicies.Operate)</c>.
    /// </summary>
    public static void MapAdmin(this WebApplication app, Action<IEndpointRouteBuilder> map)
    {
        if (app.AccessToAdmin() == AdminAccess.None)
        {
            return;
        }

        map(
            app.MapGroup("")
                .RequireAuthorization(AdminPolicies.Read)
                .ServeOn(ListenerRoutes.Admin)
                .WithMetadata(AdminRoute.Mark)
        );
        app.UseWhen(
            context => context.GetEndpoint()?.Metadata.GetMetadata<AdminRoute>() is not null,
            admin => admin.UseAdminFaults()
        );
    }

    /// <summary>The hub's own admin routes.</summary>
    public static void MapAdminEndpoints(this IEndpointRouteBuilder admin)
    {
        admin.MapLocations();
        admin.MapNotifications();
        admin.MapDeadLetters();
        admin.MapPrivacy();
        admin.MapAudit();
        admin.MapOpenApi();
    }

    private static AdminAccess AccessTo(AdminOptions options, IHostEnvironment environment) =>
        options.IsConfigured ? AdminAccess.WithCredentials
        : environment.IsDevelopment() ? AdminAccess.Loopback
        : AdminAccess.None;

    private static void Ensure(AuthorizationPolicyBuilder policy, params string[] roles) =>
        policy
            .AddAuthenticationSchemes(AdminSchemes.Any)
            .RequireAuthenticatedUser()
            .RequireClaim(AdminPrincipal.RoleClaim, roles);

    /// <summary>Marks the routes of <see cref="MapAdmin"/>.</summary>
    private sealed class AdminRoute
    {
        public static readonly AdminRoute Mark = new();
    }
}
