namespace NotificationHub.Tests.Infrastructure.Bicep;

internal enum BicepDeclarationKind
{
    Param,
    Var,
    Resource,
    Module,
    Output,
    TargetScope,
    Using,
}

/// <param name="Type">A parameter's or output's type, a resource's type with its version, or a module's path.</param>
/// <param name="Value">Null for a parameter without a default.</param>
internal sealed record BicepDeclaration(
    BicepDeclarationKind Kind,
    string Name,
    string Type,
    bool IsExisting,
    BicepExpression? Value,
    IReadOnlyList<CallExpression> Decorators
)
{
    /// <summary>The object that is deployed, be it on a condition or one of many.</summary>
    public ObjectExpression Body =>
        Unwrapped(Value) as ObjectExpression ?? throw new InvalidOperationException($"'{Name}' has no body.");

    public string ResourceType => Type.Split('@')[0];

    private static BicepExpression? Unwrapped(BicepExpression? value) =>
        value switch
        {
            IfExpression choice => Unwrapped(choice.Body),
            ForExpression loop => Unwrapped(loop.Body),
            _ => value,
        };
}
