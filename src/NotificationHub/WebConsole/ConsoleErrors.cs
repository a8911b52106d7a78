using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.WebConsole.Pages;

namespace NotificationHub.WebConsole;

/// <summary>Shows an error as a page of the console, without details: the log has them.</summary>
internal static class ConsoleErrors
{
    private const string TextKey = "console-error";

    /// <summary>Shows an error page in place of the page that is being rendered, which the framework discards.</summary>
    /// <param name="text">What the page says; null if there is no such page.</param>
    public static void RespondNotFound(HttpContext context, string? text)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Items[TextKey] = text;
    }

    public static string? TextOf(HttpContext context) => context.Items[TextKey] as string;

    public static async Task ShowAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        context.Response.Clear();
        // A scope renders one page only.
        var services = context.RequestServices;
        await using var scope = services.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        try
        {
            await new RazorComponentResult<ErrorPage>(
                new Dictionary<string, object?> { [nameof(ErrorPage.Status)] = status }
            )
            {
                StatusCode = status,
            }.ExecuteAsync(context);
        }
        finally
        {
            context.RequestServices = services;
        }
    }
}
