using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Options;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.WebConsole.Assets;

namespace NotificationHub.WebConsole;

internal static class WebConsoleSetup
{
    // No page loads anything from another host, and none has a script or style in its text.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void AddWebConsole(this HubBuilder hub)
    {
        var options = hub.AddOptions<ConsoleOptions>(ConsoleOptions.Section);
        var access = new ApiAccessRules(hub.OptionsOf<AuthOptions>(), hub.Environment);
        if (
            options.Enabled == true
            && access is { HasAdminKey: false, HasEntraSignIn: false, Admin: not ApiAccess.Local }
        )
        {
            hub.AddError(
                $"{ConsoleOptions.Section}:{nameof(ConsoleOptions.Enabled)}",
                "requires a way to sign in: add a key with the role Read or Operate to Auth:ApiKeys, or set Auth:Entra:ClientId"
            );
        }

        if (!(options.Enabled ?? hub.Environment.IsDevelopment()) || access.Admin == ApiAccess.None)
        {
            return;
        }

        hub.Services.AddRazorComponents();
        hub.Services.AddAntiforgery();
        hub.Services.AddSingleton<IConfigureOptions<AntiforgeryOptions>, ConsoleAntiforgery>();
        hub.Services.AddSingleton<ConsoleAssets>();
        hub.Services.AddSingleton<SignInLimiter>();
        hub.Services.AddSingleton<DoctorLimiter>();
        hub.Services.AddSingleton<OverviewReader>();
        hub.Services.AddSingleton<FlowHistory>();
        hub.Services.AddWorker(services => services.GetRequiredService<FlowHistory>());
    }

    public static void MapWebConsole(this WebApplication app)
    {
        if (app.Services.GetService<ConsoleAssets>() is not { } assets)
        {
            return;
        }

        var console = app.MapGroup("").ServeOn(ListenerRoutes.Admin).WithMetadata(ConsoleRoute.Mark);
        assets.Map(console);
        console.MapRazorComponents<App>();
        if (app.Services.GetRequiredService<ApiAccessRules>().HasEntraSignIn)
        {
            console.MapGet(ConsoleEntraSignIn.StartPath, ConsoleEntraSignIn.StartAsync).ExcludeFromDescription();
        }

        if (app.Environment.IsDevelopment())
        {
            console.MapGet("/", () => TypedResults.Redirect(ConsoleSessions.Root)).ExcludeFromDescription();
        }

        app.UseWhen(
            ConsoleRoute.IsRequestedBy,
            pages =>
            {
                pages.Use(
                    (context, next) =>
                    {
                        context.Response.OnStarting(SetHeadersAsync, context.Response);
                        return next(context);
                    }
                );
                pages.UseExceptionHandler(
                    new ExceptionHandlerOptions
                    {
                        ExceptionHandler = ConsoleErrors.ShowAsync,
                        AllowStatusCode404Response = true,
                    }
                );
                pages.UseStatusCodePages(status => ConsoleErrors.ShowAsync(status.HttpContext));
                pages.UseAntiforgery();
                // The framework would respond with a line of text.
                pages.Use(
                    (context, next) =>
                    {
                        if (context.Features.Get<IAntiforgeryValidationFeature>() is not { IsValid: false })
                        {
                            return next(context);
                        }

                        context.Response.StatusCode = StatusCodes.Status400BadRequest;
                        return Task.CompletedTask;
                    }
                );
            }
        );
    }

    private static Task SetHeadersAsync(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return Task.CompletedTask;
    }
}

internal sealed class ConsoleAntiforgery(IHostEnvironment environment) : IConfigureOptions<AntiforgeryOptions>
{
    public void Configure(AntiforgeryOptions options)
    {
        options.Cookie = new ConsoleCookie("hub-console-form", environment);
        // The Content-Security-Policy forbids all frames.
        options.SuppressXFrameOptionsHeader = true;
    }
}
