using Microsoft.SqlServer.Dac.Model;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <param name="Type">SQLite's name: <c>integer</c>, <c>text</c>, <c>blob</c>.</param>
internal sealed record SchemaColumn(string Name, string Type, bool IsNullable, int PlaceInKey);

/// <summary>The database that the migrations create on SQL Server, in the model of Microsoft's own tools. It needs no server.</summary>
internal sealed class SqlServerModel : IDisposable
{
    private const int UnresolvedReference = 71502;

    /// <summary>The model has no system procedures; <see cref="SystemSchemas"/> cannot be declared.</summary>
    private const string SystemProcedures = """
        create procedure dbo.sp_getapplock
            @Resource nvarchar(255), @LockMode varchar(32), @LockOwner varchar(32) = null, @LockTimeout int = null
        as return 0
        """;

    private static readonly string[] SystemSchemas = ["[INFORMATION_SCHEMA]", "[sys]"];

    private readonly TSqlModel model = new(SqlServerVersion.SqlAzure, new TSqlModelOptions());
    private readonly Dictionary<string, CreateTableStatement> tables = new(StringComparer.OrdinalIgnoreCase);

    private SqlServerModel() => model.AddObjects(SystemProcedures);

    /// <summary>The files that create the schema, and the tables that the migrator creates itself.</summary>
    public static IReadOnlyList<SqlText> Migrations { get; } =
    [
        .. InlineStatements.All.Where(statement =>
            TSql.Statements(statement.Text).Any(one => one is CreateTableStatement)
        ),
        .. SqlText.FilesIn($"{StorageOptions.SqlServer}/Migrations/"),
    ];

    /// <summary>What SQL Server would reject in migrations: each builds on the ones before it.</summary>
    public static IReadOnlyList<string> FaultsOfMigrations(IEnumerable<SqlText> migrations)
    {
        using var model = new SqlServerModel();
        List<string> faults = [];
        HashSet<string> known = [];
        foreach (var migration in migrations)
        {
            try
            {
                model.Apply(migration);
            }
            catch (DacModelException exception)
            {
                // The model accepts nothing more.
                return [.. faults, Describe(migration, exception)];
            }

            faults.AddRange(model.Faults().Where(known.Add).Select(fault => $"{migration.Place}: {fault}"));
        }

        return faults;
    }

    /// <summary>What SQL Server would reject in statements: tables, columns and variables that do not exist, among others.</summary>
    public static IReadOnlyList<string> FaultsOf(IEnumerable<SqlText> statements)
    {
        List<string> faults = [];
        var rest = statements.ToList();
        while (rest.Count > 0)
        {
            using var model = Load();
            // A model that has rejected a statement accepts nothing more.
            if (rest.Find(statement => model.Rejects(statement, faults)) is not { } rejected)
            {
                return [.. faults, .. model.Faults()];
            }

            rest.Remove(rejected);
        }

        return faults;
    }

    public static SqlServerModel Load()
    {
        var model = new SqlServerModel();
        foreach (var migration in Migrations)
        {
            model.Apply(migration);
        }

        return model;
    }

    public IReadOnlyDictionary<string, List<SchemaColumn>> Tables() =>
        model
            .GetObjects(DacQueryScopes.UserDefined, Table.TypeClass)
            .ToDictionary(NameOf, table => ColumnsOf(table).ToList(), StringComparer.Ordinal);

    public void Dispose() => model.Dispose();

    private void Apply(SqlText migration)
    {
        foreach (var statement in TSql.Statements(migration.Text))
        {
            switch (statement)
            {
                case CreateTableStatement create:
                    tables[create.SchemaObjectName.BaseIdentifier.Value] = create;
                    Add(create);
                    break;
                // The model has only the final objects.
                case AlterTableAddTableElementStatement alter
                    when tables.TryGetValue(alter.SchemaObjectName.BaseIdentifier.Value, out var altered):
                    alter.Definition.ColumnDefinitions.ToList().ForEach(altered.Definition.ColumnDefinitions.Add);
                    alter.Definition.TableConstraints.ToList().ForEach(altered.Definition.TableConstraints.Add);
                    Add(altered);
                    break;
                // Checked with the other statements.
                case DataModificationStatement:
                    break;
                default:
                    model.AddObjects(TSql.TextOf(statement));
                    break;
            }
        }
    }

    private void Add(CreateTableStatement table)
    {
        new Sql160ScriptGenerator().GenerateScript(table, out var text);
        model.AddOrUpdateObjects(text, table.SchemaObjectName.BaseIdentifier.Value, null);
    }

    private bool Rejects(SqlText statement, List<string> faults)
    {
        var procedure = StatementProcedure.Create(statement);
        try
        {
            procedure.Tables.ForEach(model.AddObjects);
            model.AddObjects(procedure.Text);
            return false;
        }
        catch (DacModelException exception)
        {
            faults.Add(Describe(statement, exception));
            return true;
        }
    }

    private static string Describe(SqlText statement, DacModelException exception) =>
        $"{statement.Place}: {string.Join(" ", exception.Messages.Select(message => message.Message))}";

    // Warnings, too: an unknown table is one, because the server resolves names when a procedure runs.
    private IEnumerable<string> Faults() =>
        model
            .Validate()
            .Where(message =>
                message.Number != UnresolvedReference
                || !SystemSchemas.Any(schema => message.Message.Contains(schema, StringComparison.OrdinalIgnoreCase))
            )
            .Select(message => message.Message);

    private static IEnumerable<SchemaColumn> ColumnsOf(TSqlObject table)
    {
        var key = table
            .GetReferencing(PrimaryKeyConstraint.Host)
            .SelectMany(constraint => constraint.GetReferenced(PrimaryKeyConstraint.Columns))
            .Select(NameOf)
            .ToList();
        return table
            .GetReferenced(Table.Columns)
            .Select(column => new SchemaColumn(
                NameOf(column),
                TypeOf(column),
                column.GetProperty<bool>(Column.Nullable),
                key.IndexOf(NameOf(column)) + 1
            ));
    }

    private static string TypeOf(TSqlObject column) =>
        column.GetReferenced(Column.DataType).Select(NameOf).SingleOrDefault() switch
        {
            // A computed column has the type of the columns that it is computed from.
            null or "bigint" => "integer",
            "nvarchar" or "varchar" => "text",
            "varbinary" => "blob",
            var other => other,
        };

    private static string NameOf(TSqlObject one) => one.Name.Parts[^1];
}
