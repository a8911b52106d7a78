using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace NotificationHub.Hosting;

/// <summary>Rejects requests with input that the endpoint would ignore or cannot read, such as a misspelled <c>dryRun</c>.</summary>
internal static class DeclaredInput
{
    /// <summary>Adds the check to all endpoints of a group. It runs after authorization.</summary>
    public static TBuilder AcceptOnlyDeclaredInput<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        // Only at the end does the metadata describe the handler's parameters.
        endpoints.Finally(endpoint =>
        {
            var query = DeclaredQuery.Of((RouteEndpointBuilder)endpoint);
            var acceptsBody = endpoint.Metadata.OfType<IAcceptsMetadata>().Any();
            var handle = endpoint.RequestDelegate!;
            endpoint.Metadata.Add(query);
            endpoint.RequestDelegate = async context =>
            {
                IResult? rejection =
                    query.FindErrors(context.Request.Query) is { Count: > 0 } errors
                        ? TypedResults.ValidationProblem(errors)
                    : !acceptsBody && await HasBodyAsync(context)
                        ? TypedResults.Problem(
                            "This request must not have a body: the hub would ignore it. Options are query parameters.",
                            statusCode: StatusCodes.Status400BadRequest
                        )
                    : null;
                await (rejection?.ExecuteAsync(context) ?? handle(context));
            };
        });
        return endpoints;
    }

    // A request without Content-Length can still have an empty body.
    private static async Task<bool> HasBodyAsync(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
        && await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted) > 0;
}

/// <summary>The query parameters that the handler of an endpoint declares.</summary>
internal sealed record DeclaredQuery(IReadOnlyList<DeclaredParameter> Parameters)
{
    public static DeclaredQuery Of(RouteEndpointBuilder endpoint) =>
        new([
            .. endpoint
                .Metadata.OfType<IParameterBindingMetadata>()
                .Select(parameter => (parameter, name: QueryNameOf(parameter, endpoint)))
                .Where(named => named.name is not null)
                .Select(named => DeclaredParameter.Create(named.name!, named.parameter.ParameterInfo.ParameterType)),
        ]);

    /// <summary>The errors of a query by parameter. It reads names as binding does, without regard to case.</summary>
    public Dictionary<string, string[]> FindErrors(IQueryCollection query)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, values) in query)
        {
            var parameter = Parameters.FirstOrDefault(one =>
                string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase)
            );
            if ((parameter is null ? UnknownName : parameter.FindError(values)) is { } error)
            {
                errors[name] = [error];
            }
        }

        return errors;
    }

    private string UnknownName =>
        Parameters.Count == 0
            ? "unknown parameter; this request has none"
            : $"unknown parameter; supported: {string.Join(", ", Parameters.Select(parameter => parameter.Name))}";

    // Null if the parameter is not bound to the query. Without an attribute, a parsable one is unless the route has its name.
    private static string? QueryNameOf(IParameterBindingMetadata parameter, RouteEndpointBuilder endpoint) =>
        parameter.ParameterInfo.GetCustomAttributes(inherit: true).OfType<IFromQueryMetadata>().FirstOrDefault()
            is { } query
            ? query.Name ?? parameter.Name
        : parameter.HasTryParse && endpoint.RoutePattern.GetParameter(parameter.Name) is null ? parameter.Name
        : null;
}

/// <param name="Name">The name in the query.</param>
/// <param name="Format">The format of a value.</param>
/// <param name="IsList">Whether it may have several values.</param>
internal sealed record DeclaredParameter(string Name, ParameterFormat Format, bool IsList)
{
    public static DeclaredParameter Create(string name, Type type)
    {
        var value = type.GetElementType() ?? type;
        return new(name, ParameterFormat.Of(Nullable.GetUnderlyingType(value) ?? value), type.IsArray);
    }

    public string? FindError(IReadOnlyList<string?> values) =>
        values.Count > 1 && !IsList ? "must have only one value"
        : values.Any(string.IsNullOrEmpty) ? "must not be empty"
        : values.All(Format.CanParse!) ? null
        : Format.Expected;
}

/// <summary>What binding can convert to a type, and the error for other text.</summary>
internal sealed record ParameterFormat(Func<string, bool> CanParse, string Expected)
{
    private static readonly Dictionary<Type, ParameterFormat> Known = new()
    {
        [typeof(string)] = new(_ => true, ""),
        [typeof(bool)] = new(text => bool.TryParse(text, out _), "must be true or false"),
        [typeof(int)] = new(
            text => int.TryParse(text, CultureInfo.InvariantCulture, out _),
            $"must be a whole number, at most {int.MaxValue}"
        ),
        [typeof(long)] = new(
            text => long.TryParse(text, CultureInfo.InvariantCulture, out _),
            $"must be a whole number, at most {long.MaxValue}"
        ),
        [typeof(DateTimeOffset)] = new(
            text => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            "must be a time, such as 2026-03-01T08:00:00Z"
        ),
    };

    public static ParameterFormat Of(Type type) =>
        Known.GetValueOrDefault(type)
        ?? throw new NotSupportedException($"{nameof(ParameterFormat)} does not know the type {type}.");
}
