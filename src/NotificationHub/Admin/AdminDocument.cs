using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NotificationHub.Auth;

namespace NotificationHub.Admin;

/// <summary>The OpenAPI document of the admin API, at <c>/openapi/v1.json</c>.</summary>
internal static class AdminDocument
{
    private const string BearerScheme = "bearer";
    private const string KeyScheme = "apiKey";

    public static void AddAdminDocument(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            options.ShouldInclude = description => IsAdmin(description.ActionDescriptor.EndpointMetadata);
            options.AddDocumentTransformer(DescribeAsync);
            options.AddOperationTransformer(DescribeErrorsAsync);
            options.AddSchemaTransformer(AllowMoreMembersAsync);
        });

    private static bool IsAdmin(IList<object> metadata) =>
        metadata.OfType<IAuthorizeData>().Any(required => required.Policy == HubPolicies.Read);

    private static Task DescribeAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info.Title = "NotificationHub administration";
        document.Info.Description = "Changes require the role Hub.Operate, all other operations Hub.Read.";
        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [BearerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = BearerScheme,
                Description = "An API key from Auth:ApiKeys, or a token of Microsoft Entra ID.",
            },
            [KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKey.Header,
                Description = "An API key from Auth:ApiKeys.",
            },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] },
        ];
        return Task.CompletedTask;
    }

    // The hub rejects unknown members of requests, but later versions can add members to responses.
    private static Task AllowMoreMembersAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        schema.AdditionalPropertiesAllowed = true;
        return Task.CompletedTask;
    }

    private static Task DescribeErrorsAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var changes = context
            .Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>()
            .Any(required => required.Policy == HubPolicies.Operate);
        operation.Description = $"Requires the role {(changes ? HubPolicies.Operate : HubPolicies.Read)}.";
        var responses = operation.Responses ??= [];
        responses.TryAdd("401", new OpenApiResponse { Description = "The key or token is missing or invalid." });
        responses.TryAdd("403", new OpenApiResponse { Description = "The caller does not have the required role." });
        return Task.CompletedTask;
    }
}
