using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NotificationHub.Auth;

namespace NotificationHub.Admin;

/// <summary>The description of the admin API at <c>/openapi/v1.json</c>.</summary>
internal static class AdminDocument
{
    private const string BearerScheme = "bearer";
    private const string KeyScheme = "apiKey";

    public static void AddAdminDocument(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            options.ShouldInclude = description => IsAdmin(description.ActionDescriptor.EndpointMetadata);
            options.AddDocumentTransformer(DescribeAsync);
            options.AddOperationTransformer(DescribeRefusalsAsync);
        });

    private static bool IsAdmin(IList<object> metadata) => metadata.OfType<IAuthorizeData>().Any();

    private static Task DescribeAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info.Title = "NotificationHub administration";
        document.Info.Description = "Operations that change something need the role Hub.Operate, all others Hub.Read.";
        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [BearerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = BearerScheme,
                Description = "A key of Admin:ApiKeys, or a token of Microsoft Entra ID.",
            },
            [KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKey.Header,
                Description = "A key of Admin:ApiKeys.",
            },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] },
        ];
        return Task.CompletedTask;
    }

    private static Task DescribeRefusalsAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var changes = context
            .Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>()
            .Any(demand => demand.Policy == AdminPolicies.Operate);
        operation.Description = $"Needs the role {(changes ? AdminPolicies.Operate : AdminPolicies.Read)}.";
        var responses = operation.Responses ??= [];
        responses.TryAdd("401", new OpenApiResponse { Description = "No key or token, or one that is not accepted." });
        responses.TryAdd("403", new OpenApiResponse { Description = "The role is lacking." });
        return Task.CompletedTask;
    }
}
