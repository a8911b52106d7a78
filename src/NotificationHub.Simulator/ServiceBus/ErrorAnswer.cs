using System.Security;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>The XML in which Service Bus says what is wrong.</summary>
internal static class ErrorAnswer
{
    public static Task WriteAsync(HttpResponse response, int status, string detail)
    {
        response.StatusCode = status;
        response.ContentType = "application/xml; charset=utf-8";
        return response.WriteAsync(
            $"<Error><Code>{status}</Code><Detail>{SecurityElement.Escape(detail)}</Detail></Error>",
            response.HttpContext.RequestAborted
        );
    }
}
