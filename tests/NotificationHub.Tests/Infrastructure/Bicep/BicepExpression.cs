namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>An expression, with what it consists of.</summary>
internal abstract record BicepExpression(IReadOnlyList<BicepExpression> Parts)
{
    /// <summary>The expression and everything within it.</summary>
    public IEnumerable<BicepExpression> All() => Parts.SelectMany(part => part.All()).Prepend(this);

    /// <summary>The text, where it is one without insertions.</summary>
    public string? Text => this is TextExpression { IsLiteral: true } text ? text.Literals[0] : null;
}

/// <param name="Literals">One more than there are insertions, which are the parts.</param>
internal sealed record TextExpression(IReadOnlyList<string> Literals, IReadOnlyList<BicepExpression> Inserted)
    : BicepExpression(Inserted)
{
    public bool IsLiteral => Inserted.Count == 0;
}

/// <param name="Value">A whole number, true, false or null.</param>
internal sealed record ConstantExpression(object? Value) : BicepExpression([]);

internal sealed record NameExpression(string Name) : BicepExpression([]);

internal sealed record MemberExpression(BicepExpression Target, string Member) : BicepExpression([Target]);

internal sealed record IndexExpression(BicepExpression Target, BicepExpression Index)
    : BicepExpression([Target, Index]);

/// <param name="Function">The name alone.</param>
internal sealed record CallExpression(string Function, IReadOnlyList<BicepExpression> Arguments)
    : BicepExpression(Arguments);

/// <summary>A function of a resource, such as <c>listKeys</c>.</summary>
internal sealed record MethodExpression(BicepExpression Target, string Method, IReadOnlyList<BicepExpression> Arguments)
    : BicepExpression([Target, .. Arguments]);

internal sealed record ArrayExpression(IReadOnlyList<BicepExpression> Items) : BicepExpression(Items);

internal sealed record BicepMember(BicepExpression Key, BicepExpression Value)
{
    public string? Name => Key.Text;
}

internal sealed record ObjectExpression(IReadOnlyList<BicepMember> Members)
    : BicepExpression([.. Members.SelectMany(member => (BicepExpression[])[member.Key, member.Value])])
{
    /// <exception cref="InvalidOperationException">There is no such member.</exception>
    public BicepExpression this[string name] =>
        Find(name) ?? throw new InvalidOperationException($"No member '{name}'.");

    /// <param name="path">Names with dots between them.</param>
    public BicepExpression? Find(string path) =>
        path.Split('.')
            .Aggregate<string, BicepExpression?>(
                this,
                (from, name) =>
                    (from as ObjectExpression)?.Members.SingleOrDefault(member => member.Name == name)?.Value
            );
}

internal sealed record ForExpression(string Item, BicepExpression Source, BicepExpression Body)
    : BicepExpression([Source, Body]);

internal sealed record IfExpression(BicepExpression Condition, BicepExpression Body)
    : BicepExpression([Condition, Body]);

internal sealed record LambdaExpression(string Parameter, BicepExpression Body) : BicepExpression([Body]);

internal sealed record OperatorExpression(string Operator, IReadOnlyList<BicepExpression> Operands)
    : BicepExpression(Operands);
