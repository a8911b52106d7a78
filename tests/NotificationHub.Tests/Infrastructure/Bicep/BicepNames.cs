namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>Which names an expression refers to.</summary>
internal static class BicepNames
{
    /// <summary>Those that it does not declare itself, as loops and lambdas do.</summary>
    public static IEnumerable<string> Free(BicepExpression expression) =>
        expression switch
        {
            NameExpression name => [name.Name],
            LambdaExpression lambda => Free(lambda.Body).Where(name => name != lambda.Parameter),
            ForExpression loop => Free(loop.Source).Concat(Free(loop.Body).Where(name => name != loop.Item)),
            _ => expression.Parts.SelectMany(Free),
        };

    /// <summary>What is taken from modules: <c>symbol.outputs.name</c>.</summary>
    public static IEnumerable<(string Module, string Output)> Outputs(BicepFile file) =>
        file.Expressions()
            .OfType<MemberExpression>()
            .Where(member => member.Target is MemberExpression { Member: "outputs", Target: NameExpression })
            .Select(member => (((NameExpression)((MemberExpression)member.Target).Target).Name, member.Member));
}
