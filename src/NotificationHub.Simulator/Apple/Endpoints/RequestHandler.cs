using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Handles every request to the simulated Apple.</summary>
internal sealed class RequestHandler(
    SimulationContext context,
    RequestLog log,
    Func<IReadOnlyCollection<SimulatedLocation>> locations
)
{
    public const string BasePath = "/mdm/v2";

    public async Task HandleAsync(HttpContext http)
    {
        var at = context.Options.TimeProvider.GetUtcNow();
        var path = http.Request.Path.StartsWithSegments(BasePath, StringComparison.Ordinal, out var rest)
            ? rest.Value!
            : http.Request.Path.Value!;
        SimulatedLocation? caller = null;
        AppleResponse response;
        try
        {
            response = await RespondAsync(http, path, at, location => caller = location);
        }
        catch (AppleException refused)
        {
            if (refused.Violation is { } violation)
            {
                context.Violations.Add($"{http.Request.Method} {path}: {violation}");
            }

            response = AppleResponse.From(refused);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            response = AppleResponse.Aborted;
        }

        // Recorded before the response is sent, so that a client that has the response finds the record.
        log.Add(new(http.Request.Method, path, http.Request.QueryString.Value ?? "", at, response.Status, caller?.UId));
        await response.SendAsync(http);
        caller?.Limits.RetryAfter(response.RetryUntil);
    }

    private async Task<AppleResponse> RespondAsync(
        HttpContext http,
        string path,
        DateTimeOffset at,
        Action<SimulatedLocation> found
    )
    {
        if (path is ServiceConfig.Path or MetadataEndpoint.Path)
        {
            RequestChecks.RequireGet(http.Request, path);
            var baseUrl = new Uri($"{http.Request.Scheme}://{http.Request.Host}{BasePath}");
            return await ApplyFaultAsync(
                http,
                path,
                at,
                _ =>
                    Task.FromResult(
                        path == ServiceConfig.Path
                            ? ServiceConfig.Respond(context, baseUrl)
                            : MetadataEndpoint.Respond(http.Request.Query, locations(), baseUrl)
                    )
            );
        }

        if (EndpointTable.Find(http.Request.Method, path) is not { } endpoint)
        {
            context.Violations.Add($"{http.Request.Method} {path}: this endpoint does not exist");
            return new AppleResponse(StatusCodes.Status404NotFound, null);
        }

        var (location, token) = RequestChecks.Authorize(http.Request, locations(), at);
        found(location);
        if (location.Limits.IsEarly(at))
        {
            context.Violations.Add($"{http.Request.Method} {path}: called before the Retry-After elapsed");
        }

        if (
            context.Options.EnforceRate
            && context.Limits[AppleLimits.RequestsPerSecond] is { } perSecond
            && !location.Limits.TryEnter(at, perSecond)
        )
        {
            throw new AppleException(AppleErrors.TooManyRequests);
        }

        if (endpoint.IsWrite && token.IsReadOnly)
        {
            throw new AppleException(context.Options.ReadOnlyTokenError);
        }

        RequestChecks.CheckQuery(endpoint, http.Request.Query);
        var body = RequestBody.None;
        if (endpoint.Members is { } members)
        {
            RequestChecks.CheckContentType(http.Request);
            body = await RequestBody.ReadAsync(http.Request, http.RequestAborted);
            body.Allow(members);
        }

        if (endpoint.IsPaged && !location.Limits.BeginPage())
        {
            context.Violations.Add($"more than {RequestLimits.MaxParallelPages} pages are read in parallel");
        }

        try
        {
            return await ApplyFaultAsync(
                http,
                path,
                at,
                fault =>
                    endpoint.RespondAsync(
                        new AppleRequest(context, location, token, http.Request.Query, body, fault),
                        http.RequestAborted
                    )
            );
        }
        finally
        {
            if (endpoint.IsPaged)
            {
                location.Limits.EndPage();
            }
        }
    }

    private async Task<AppleResponse> ApplyFaultAsync(
        HttpContext http,
        string path,
        DateTimeOffset at,
        Func<EventFault?, Task<JsonObject>> answerAsync
    )
    {
        switch (context.Faults.Take(http.Request.Method, path))
        {
            case ErrorFault error:
                return AppleResponse.From(error, at);
            case WebPageFault page:
                return AppleResponse.From(page);
            case MalformedFault malformed:
                return AppleResponse.From(await answerAsync(null), malformed.Malformation);
            case NoRecordsFault empty:
                return Ok(MalformedBody.WithoutRecords(await answerAsync(null), empty.IsLast));
            case AbortFault:
                return AppleResponse.Aborted;
            case LostResponseFault:
                await answerAsync(null);
                return AppleResponse.Aborted;
            case CutOffFault:
                return AppleResponse.CutOff(await answerAsync(null));
            case SlowFault slow:
                await Task.Delay(slow.Delay, context.Options.TimeProvider, http.RequestAborted);
                return Ok(await answerAsync(null));
            case ChangeFault then:
                var response = await answerAsync(null);
                then.Change();
                return Ok(response);
            case var fault:
                return Ok(await answerAsync(fault as EventFault));
        }
    }

    private static AppleResponse Ok(JsonObject response) => new(StatusCodes.Status200OK, response);
}

internal static class RequestChecks
{
    private const string Scheme = "Bearer ";

    public static (SimulatedLocation Location, ContentToken Token) Authorize(
        HttpRequest request,
        IReadOnlyCollection<SimulatedLocation> locations,
        DateTimeOffset now
    )
    {
        if (
            request.Headers.Authorization is not [{ } header]
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || header.AsSpan(Scheme.Length).ContainsAny(" \t")
        )
        {
            throw AppleException.ForViolation(
                AppleErrors.AuthorizationMalformed,
                "the Authorization header is not in the form Bearer {sToken}"
            );
        }

        foreach (var location in locations)
        {
            if (location.FindContentToken(header[Scheme.Length..]) is { } token)
            {
                Check(token, now);
                return (location, token);
            }
        }

        throw new AppleException(AppleErrors.TokenInvalid);
    }

    public static void RequireGet(HttpRequest request, string path)
    {
        if (!HttpMethods.IsGet(request.Method))
        {
            throw AppleException.ForViolation(AppleErrors.WrongMethod, $"{path} is read-only");
        }
    }

    public static void CheckContentType(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            throw AppleException.ForViolation(AppleErrors.WrongContentType, "the content type is not application/json");
        }
    }

    public static void CheckQuery(AppleEndpoint endpoint, IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            var allowed =
                endpoint.Query.Contains($"{name}[]") ? int.MaxValue
                : endpoint.Query.Contains(name) ? 1
                : 0;
            if (values.Count > allowed)
            {
                throw AppleException.ForViolation(
                    AppleErrors.InvalidArgument,
                    $"{endpoint.Path} accepts no query parameter {name}{(allowed == 1 ? " twice" : "")}"
                );
            }
        }
    }

    private static void Check(ContentToken token, DateTimeOffset now)
    {
        if (token.ErrorAt(now) is { } errorNumber)
        {
            throw new AppleException(errorNumber);
        }
    }
}
