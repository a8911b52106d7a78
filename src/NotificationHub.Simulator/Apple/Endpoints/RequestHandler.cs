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
            response = await AnswerAsync(http, path, at, location => caller = location);
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

    private async Task<AppleResponse> AnswerAsync(
        HttpContext http,
        string path,
        DateTimeOffset at,
        Action<SimulatedLocation> found
    )
    {
        var baseUrl = new Uri($"{http.Request.Scheme}://{http.Request.Host}{BasePath}");
        if (path == ServiceConfig.Path)
        {
            ServiceConfig.CheckMethod(http.Request.Method);
            return await ApplyFaultAsync(
                http.Request.Method,
                path,
                at,
                () => Task.FromResult(ServiceConfig.Answer(context.Options, baseUrl)),
                http.RequestAborted
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

        if (context.Options.EnforceRate && !location.Limits.TryEnter(at, context.Options.RequestsPerSecond))
        {
            throw new AppleException(AppleErrors.TooManyRequests);
        }

        RequestChecks.CheckQuery(endpoint, http.Request.Query);
        var body = endpoint.TakesBody
            ? await RequestBody.ReadAsync(http.Request, http.RequestAborted)
            : RequestBody.None;
        if (endpoint.IsPaged && !location.Limits.BeginPage())
        {
            context.Violations.Add($"more than {RequestLimits.MaxParallelPages} pages are read in parallel");
        }

        try
        {
            var request = new AppleRequest(context, location, token, http.Request.Query, body);
            return await ApplyFaultAsync(
                http.Request.Method,
                path,
                at,
                () => endpoint.AnswerAsync(request, http.RequestAborted),
                http.RequestAborted
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
        string method,
        string path,
        DateTimeOffset at,
        Func<Task<JsonObject>> answerAsync,
        CancellationToken cancellationToken
    )
    {
        switch (context.Faults.Take(method, path))
        {
            case ErrorFault fault:
                return AppleResponse.From(fault, at);
            case WebPageFault fault:
                return AppleResponse.From(fault);
            case MalformedFault fault:
                return AppleResponse.From(await answerAsync(), fault.Malformation);
            case NoRecordsFault fault:
                return new(StatusCodes.Status200OK, MalformedBody.WithoutRecords(await answerAsync(), fault.IsLast));
            case AbortFault:
                return AppleResponse.Aborted;
            case SlowFault fault:
                await Task.Delay(fault.Delay, context.Options.TimeProvider, cancellationToken);
                return new(StatusCodes.Status200OK, await answerAsync());
            case ChangeFault fault:
                var answer = await answerAsync();
                fault.Change();
                return new(StatusCodes.Status200OK, answer);
            default:
                return new(StatusCodes.Status200OK, await answerAsync());
        }
    }
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
        switch (token.State)
        {
            case ContentTokenState.Invalid:
                throw new AppleException(AppleErrors.TokenInvalid);
            case ContentTokenState.Revoked:
                throw new AppleException(AppleErrors.TokenRevoked);
            case ContentTokenState.Expired:
                throw new AppleException(AppleErrors.TokenExpired);
            case ContentTokenState.Valid when now >= token.ExpiresAt:
                throw new AppleException(AppleErrors.TokenExpired);
            default:
                return;
        }
    }
}
