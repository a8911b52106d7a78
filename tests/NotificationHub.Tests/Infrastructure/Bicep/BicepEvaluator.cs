using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>
/// Works out what a file makes of a JSON file that it loads: texts, numbers, arrays (<c>object[]</c>) and objects (dictionaries).
/// </summary>
/// <param name="known">What names stand for, before the file's own variables.</param>
internal sealed class BicepEvaluator(BicepFile file, IReadOnlyDictionary<string, object?> known)
{
    public object? Variable(string name) => Evaluate(new NameExpression(name), known);

    public object? Evaluate(BicepExpression expression) => Evaluate(expression, known);

    private object? Evaluate(BicepExpression expression, IReadOnlyDictionary<string, object?> names) =>
        expression switch
        {
            ConstantExpression constant => constant.Value,
            TextExpression text => Join(text, names),
            NameExpression name => names.TryGetValue(name.Name, out var value)
                ? value
                : Evaluate(file[BicepDeclarationKind.Var, name.Name].Value!, known),
            MemberExpression member => Object(Evaluate(member.Target, names))[member.Member],
            IndexExpression index => Array(Evaluate(index.Target, names))[(int)(long)Evaluate(index.Index, names)!],
            ArrayExpression array => array.Items.Select(item => Evaluate(item, names)).ToArray(),
            ObjectExpression members => members.Members.ToDictionary(
                member => member.Name!,
                member => Evaluate(member.Value, names)
            ),
            CallExpression call => Call(call, names),
            OperatorExpression { Operator: "?" } choice => Evaluate(
                choice.Operands[(bool)Evaluate(choice.Operands[0], names)! ? 1 : 2],
                names
            ),
            _ => throw new NotSupportedException($"{expression.GetType().Name} is not worked out here."),
        };

    private string Join(TextExpression text, IReadOnlyDictionary<string, object?> names) =>
        string.Concat(
            text.Literals.Select(
                (literal, index) => index == 0 ? literal : Evaluate(text.Inserted[index - 1], names) + literal
            )
        );

    private object? Call(CallExpression call, IReadOnlyDictionary<string, object?> names)
    {
        object? Argument(int index) => Evaluate(call.Arguments[index], names);
        Func<object?, object?> Lambda(int index)
        {
            var lambda = (LambdaExpression)call.Arguments[index];
            return value =>
                Evaluate(lambda.Body, new Dictionary<string, object?>(names) { [lambda.Parameter] = value });
        }

        return call.Function switch
        {
            "loadJsonContent" => FromJson(BicepFolder.Json(BicepFolder.Resolve(file, (string)Argument(0)!))),
            "tenant" => new Dictionary<string, object?> { ["tenantId"] = "22222222-2222-2222-2222-222222222222" },
            "empty" => Argument(0) is "",
            "string" => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Argument(0)}"),
            "map" => Array(Argument(0)).Select(Lambda(1)).ToArray(),
            "mapValues" => Object(Argument(0)).ToDictionary(pair => pair.Key, pair => Lambda(1)(pair.Value)),
            "flatten" => Array(Argument(0)).SelectMany(Array).ToArray(),
            "range" => Enumerable.Range((int)(long)Argument(0)!, (int)(long)Argument(1)!).Select(Boxed).ToArray(),
            "length" => (long)Array(Argument(0)).Length,
            "indexOf" => (long)System.Array.IndexOf(Array(Argument(0)), Argument(1)),
            "replace" => ((string)Argument(0)!).Replace(
                (string)Argument(1)!,
                (string)Argument(2)!,
                StringComparison.Ordinal
            ),
            "items" => Object(Argument(0))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(
                    object? (pair) => new Dictionary<string, object?> { ["key"] = pair.Key, ["value"] = pair.Value }
                )
                .ToArray(),
            var function => throw new NotSupportedException($"{function} is not worked out here."),
        };
    }

    private static object? Boxed(int number) => (long)number;

    private static object?[] Array(object? value) => (object?[])value!;

    private static Dictionary<string, object?> Object(object? value) => (Dictionary<string, object?>)value!;

    private static object? FromJson(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject()
                .ToDictionary(member => member.Name, member => FromJson(member.Value)),
            JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToArray(),
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Number => json.GetInt64(),
            _ => json.ValueKind is JsonValueKind.True,
        };
}
