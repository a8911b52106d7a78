using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>Finds the tables and columns of a statement that no migration makes. It knows no scopes: only that a name means something at all.</summary>
internal sealed class TSqlNames(IReadOnlyDictionary<string, List<SchemaColumn>> schema) : TSqlFragmentVisitor
{
    private static readonly HashSet<string> Known = new(
        ["tables", "table_schema", "table_name"],
        StringComparer.OrdinalIgnoreCase
    );

    private readonly Dictionary<string, string> tableByAlias = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> ownTables = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> ownColumns = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> tables = [];
    private readonly List<ColumnReferenceExpression> columns = [];

    public static IReadOnlyList<string> FaultsOf(
        TSqlFragment fragment,
        IReadOnlyDictionary<string, List<SchemaColumn>> schema
    )
    {
        var names = new TSqlNames(schema);
        fragment.Accept(names);
        return [.. names.UnknownTables(), .. names.UnknownColumns()];
    }

    public override void Visit(NamedTableReference node)
    {
        var name = node.SchemaObject.BaseIdentifier.Value;
        tables.Add(name);
        if (node.Alias is { } alias)
        {
            tableByAlias[alias.Value] = name;
        }
        else
        {
            tableByAlias.TryAdd(name, name);
        }
    }

    public override void Visit(CreateIndexStatement node)
    {
        tables.Add(node.OnName.BaseIdentifier.Value);
        tableByAlias.TryAdd(node.OnName.BaseIdentifier.Value, node.OnName.BaseIdentifier.Value);
    }

    public override void Visit(VariableTableReference node) => ownTables.Add(node.Alias?.Value ?? node.Variable.Name);

    public override void Visit(CommonTableExpression node) => ownTables.Add(node.ExpressionName.Value);

    public override void Visit(ColumnDefinitionBase node) => ownColumns.Add(node.ColumnIdentifier.Value);

    public override void Visit(SelectScalarExpression node)
    {
        if (node.ColumnName is { } name)
        {
            ownColumns.Add(name.Value);
        }
    }

    public override void Visit(ColumnReferenceExpression node)
    {
        if (node.MultiPartIdentifier is not null)
        {
            columns.Add(node);
        }
    }

    private IEnumerable<string> UnknownTables() =>
        tables
            .Where(table => !IsTable(table) && !IsAlias(table))
            .Select(table => $"no migration makes a table {table}");

    private IEnumerable<string> UnknownColumns() =>
        from column in columns
        let parts = column.MultiPartIdentifier.Identifiers
        let name = parts[^1].Value
        let table = parts.Count > 1 ? tableByAlias.GetValueOrDefault(parts[^2].Value) : null
        where !IsColumn(table, name)
        select table is null ? $"no table of it has a column {name}" : $"{table} has no column {name}";

    // update a set … from t a: the target is an alias.
    private bool IsAlias(string name) => tableByAlias.TryGetValue(name, out var table) && table != name;

    private bool IsTable(string name) => schema.ContainsKey(name) || ownTables.Contains(name) || Known.Contains(name);

    private bool IsColumn(string? table, string name) =>
        table is not null && schema.TryGetValue(table, out var known)
            ? known.Exists(column => column.Name == name)
            : ownColumns.Contains(name)
                || Known.Contains(name)
                || tables.Where(schema.ContainsKey).Any(one => schema[one].Exists(column => column.Name == name));
}
