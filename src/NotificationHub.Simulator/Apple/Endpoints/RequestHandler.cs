using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Takes every request to the simulated Apple: checks it, spoils it if a fault says so, answers and records it.</summary>
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
        Answer answer;
        try
        {
            answer = await AnswerAsync(http, path, at, location => caller = location);
        }
        catch (AppleException refused)
        {
            if (refused.Violation is { } violation)
            {
                context.Violations.Add($"{http.Request.Method} {path}: {violation}");
            }

            answer = Answer.For(refused);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            answer = Answer.Aborted;
        }

        // Recorded before the answer leaves: whoever has the answer finds the record.
        log.Add(new(http.Request.Method, path, http.Request.QueryString.Value ?? "", at, answer.Status, caller?.UId));
        await answer.SendAsync(http);
        caller?.Patience.Ask(answer.RetryUntil);
    }

    private async Task<Answer> AnswerAsync(
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
            return await SpoilAsync(
                http.Request.Method,
                path,
                at,
                () => Task.FromResult(ServiceConfig.Answer(context.Options, baseUrl)),
                http.RequestAborted
            );
        }

        if (EndpointTable.Find(http.Request.Method, path) is not { } endpoint)
        {
            context.Violations.Add($"{http.Request.Method} {path}: there is no such endpoint");
            return new Answer(StatusCodes.Status404NotFound, null);
        }

        var (location, token) = Door.Authorize(http.Request, locations(), at);
        found(location);
        if (location.Patience.IsEarly(at))
        {
            context.Violations.Add($"{http.Request.Method} {path}: called before a Retry-After was over");
        }

        if (context.Options.EnforceRate && !location.Rate.TryEnter(at, context.Options.RequestsPerSecond))
        {
            throw new AppleException(AppleErrors.TooManyRequests);
        }

        Door.CheckQuery(endpoint, http.Request.Query);
        var body = endpoint.TakesBody
            ? await RequestBody.ReadAsync(http.Request, http.RequestAborted)
            : RequestBody.None;
        using var page = endpoint.IsPaged ? PageRead.Begin(location, context.Violations) : null;
        return await SpoilAsync(
            http.Request.Method,
            path,
            at,
            () =>
                endpoint.AnswerAsync(
                    new AppleRequest(context, location, token, http.Request.Query, body),
                    http.RequestAborted
                ),
            http.RequestAborted
        );
    }

    private async Task<Answer> SpoilAsync(
        string method,
        string path,
        DateTimeOffset at,
        Func<Task<JsonObject>> answerAsync,
        CancellationToken cancellationToken
    )
    {
        switch (context.Faults.Take(method, path))
        {
            case AnswerFault fault:
                return Answer.For(fault, at);
            case WebPageFault fault:
                return Answer.For(fault);
            case MalformedFault fault:
                return Answer.For(await answerAsync(), fault.Malformation);
            case NoRecordsFault fault:
                return new(StatusCodes.Status200OK, MalformedBody.WithoutRecords(await answerAsync(), fault.IsLast));
            case AbortFault:
                return Answer.Aborted;
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
