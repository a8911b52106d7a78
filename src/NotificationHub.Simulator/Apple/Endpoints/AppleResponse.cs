using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <param name="Status">0 aborts the connection.</param>
internal sealed record AppleResponse(int Status, JsonObject? Body, string? RetryAfter = null)
{
    /// <summary>When the Retry-After elapses.</summary>
    public DateTimeOffset? RetryUntil { get; private init; }

    /// <summary>A raw body, sent instead of <see cref="Body"/>.</summary>
    private byte[]? Malformed { get; init; }

    /// <summary>Whether the connection is aborted in the middle of the body.</summary>
    private bool IsCutOff { get; init; }

    /// <summary>The Date header that belongs to a Retry-After date; null for the machine's clock.</summary>
    public string? Date { get; private init; }

    public static AppleResponse Aborted { get; } = new(0, null);

    public static AppleResponse From(AppleException refused) =>
        new(
            AppleErrors.StatusOf(refused.ErrorNumber),
            AppleErrors.Body(refused.ErrorNumber, refused.ErrorInfo?.DeepClone().AsObject())
        );

    public static AppleResponse From(JsonObject response, Malformation malformation) =>
        new(StatusCodes.Status200OK, response) { Malformed = MalformedBody.Create(response, malformation) };

    public static AppleResponse CutOff(JsonObject response) =>
        new(StatusCodes.Status200OK, response) { IsCutOff = true };

    public static AppleResponse From(WebPageFault fault) =>
        new(fault.Status, []) { Malformed = MalformedBody.Create([], Malformation.Html) };

    public static AppleResponse From(ErrorFault fault, DateTimeOffset now)
    {
        var body = AppleErrors.Body(fault.ErrorNumber);
        if (fault.RetryAfter is not { } wait)
        {
            return new(fault.Status, body);
        }

        if (fault.AsDate)
        {
            var date = (now + wait).ToString("R", CultureInfo.InvariantCulture);
            return new(fault.Status, body, date)
            {
                RetryUntil = DateTimeOffset.ParseExact(date, "R", CultureInfo.InvariantCulture),
                Date = now.ToString("R", CultureInfo.InvariantCulture),
            };
        }

        var seconds = Math.Ceiling(wait.TotalSeconds);
        return new(fault.Status, body, seconds.ToString(CultureInfo.InvariantCulture))
        {
            RetryUntil = now.AddSeconds(seconds),
        };
    }

    public async Task SendAsync(HttpContext http)
    {
        if (Status == 0)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = Status;
        if (RetryAfter is not null)
        {
            http.Response.Headers.RetryAfter = RetryAfter;
        }

        if (Date is not null)
        {
            http.Response.Headers.Date = Date;
        }

        if (Body is not null)
        {
            var bytes = Malformed ?? JsonSerializer.SerializeToUtf8Bytes(Body);
            http.Response.ContentType = bytes is [(byte)'<', ..] ? "text/html" : "application/json;charset=UTF-8";
            http.Response.ContentLength = bytes.Length;
            await http.Response.Body.WriteAsync(
                IsCutOff ? bytes.AsMemory(..(bytes.Length / 2)) : bytes,
                http.RequestAborted
            );
            if (IsCutOff)
            {
                await http.Response.Body.FlushAsync(http.RequestAborted);
                http.Abort();
            }
        }
    }
}

/// <summary>Members that all of Apple's responses contain.</summary>
internal static class Envelope
{
    public static JsonObject Create(AppleRequest request)
    {
        var response = WithoutMdmInfo(request);
        if (request.Location.Configuration.MdmInfo is { } mdmInfo)
        {
            response["mdmInfo"] = new JsonObject
            {
                ["id"] = mdmInfo.Id,
                ["name"] = mdmInfo.Name,
                ["metadata"] = mdmInfo.Metadata,
            };
        }

        return response;
    }

    // Responses about subscriptions do not list mdmInfo.
    public static JsonObject WithoutMdmInfo(AppleRequest request) =>
        new()
        {
            ["uId"] = request.Location.UId,
            ["tokenExpirationDate"] = ContentToken.AppleDate(request.ContentToken.ExpiresAt),
        };

    /// <summary>Accepts an event for asynchronous processing and returns its ID.</summary>
    public static JsonObject CreateForEvent(AppleRequest request, Func<string, AppleEvent> create)
    {
        var eventId = request.Location.Accept(create, request.EventFault);
        var response = Create(request);
        response["eventId"] = eventId;
        return response;
    }
}
