using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <param name="Type">In SQLite's words: <c>integer</c>, <c>text</c>, <c>blob</c>.</param>
internal sealed record SchemaColumn(string Name, string Type, bool IsNullable, int PlaceInKey);

/// <summary>The tables that the migrations of SQL Server make, as their text says.</summary>
internal static class TSqlSchema
{
    public static IReadOnlyDictionary<string, List<SchemaColumn>> Read()
    {
        var files = new SqlFiles($"{StorageOptions.SqlServer}/Migrations/");
        var tables = new Dictionary<string, List<SchemaColumn>>(StringComparer.Ordinal);
        foreach (var statement in files.Names.SelectMany(name => TSql.Statements(files[name])))
        {
            Take(tables, statement);
        }

        // The migrator's own.
        tables["schema_break"] = [new SchemaColumn("name", "text", IsNullable: false, PlaceInKey: 1)];
        tables["schema_journal"] =
        [
            new SchemaColumn("name", "text", IsNullable: false, PlaceInKey: 1),
            new SchemaColumn("sha256", "text", IsNullable: false, PlaceInKey: 0),
            new SchemaColumn("applied_at", "integer", IsNullable: false, PlaceInKey: 0),
        ];
        return tables;
    }

    private static void Take(Dictionary<string, List<SchemaColumn>> tables, TSqlStatement statement)
    {
        switch (statement)
        {
            case CreateTableStatement create:
                tables[Name(create.SchemaObjectName)] = [.. ColumnsOf(create.Definition)];
                break;
            case AlterTableAddTableElementStatement add:
                tables[Name(add.SchemaObjectName)].AddRange(ColumnsOf(add.Definition));
                break;
            case DropTableStatement drop:
                foreach (var table in drop.Objects)
                {
                    tables.Remove(Name(table));
                }

                break;
            default:
                break;
        }
    }

    private static IEnumerable<SchemaColumn> ColumnsOf(TableDefinition table)
    {
        var key = table
            .TableConstraints.OfType<UniqueConstraintDefinition>()
            .Where(constraint => constraint.IsPrimaryKey)
            .SelectMany(constraint => constraint.Columns)
            .Select(column => column.Column.MultiPartIdentifier.Identifiers[^1].Value)
            .ToList();
        return table.ColumnDefinitions.Select(column => new SchemaColumn(
            column.ColumnIdentifier.Value,
            // What is computed has the type of what it is computed from.
            column.DataType
                is null
                ? "integer"
                : TypeOf(column.DataType),
            !column.Constraints.OfType<NullableConstraintDefinition>().Any(constraint => !constraint.Nullable),
            key.IndexOf(column.ColumnIdentifier.Value) + 1
        ));
    }

    private static string TypeOf(DataTypeReference type) =>
        type.Name.BaseIdentifier.Value switch
        {
            "bigint" => "integer",
            "nvarchar" => "text",
            "varbinary" => "blob",
            var other => other,
        };

    private static string Name(SchemaObjectName name) => name.BaseIdentifier.Value;
}
