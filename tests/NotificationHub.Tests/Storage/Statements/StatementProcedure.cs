using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>
/// A statement as a procedure, because a <see cref="Microsoft.SqlServer.Dac.Model.TSqlModel"/> checks only objects. Its table variables are
/// tables: the model does not check the columns of variables. The names contain the place of the statement, and so do the model's messages.
/// </summary>
internal sealed partial record StatementProcedure(string Text, List<string> Tables)
{
    public static StatementProcedure Create(SqlText statement)
    {
        var variables = new Variables();
        var fragment = TSql.Parse(statement.Text, out _);
        fragment.Accept(variables);
        List<string> tables =
        [
            .. variables.Tables.Select(table =>
                $"create table {NameOf(statement, table.VariableName.Value)} ({TSql.TextOf(table.Definition)})"
            ),
        ];
        // The declaration of a table variable has no other effect.
        foreach (var table in variables.TableStatements)
        {
            Replace(fragment, table, "");
        }

        foreach (var reference in variables.TableReferences)
        {
            Replace(fragment, reference.Variable, NameOf(statement, reference.Variable.Name));
        }

        return new StatementProcedure(
            $"create procedure dbo.[{statement.Place}] {Parameters(statement, variables)} as begin {TSql.TextOf(fragment)}\nend",
            tables
        );
    }

    /// <summary>A file declares its parameters in its first lines; what a statement beside its call does not declare is one.</summary>
    private static string Parameters(SqlText statement, Variables variables) =>
        string.Join(
            ", ",
            statement.IsFile
                ? FileParameter().Matches(statement.Text).Select(parameter => parameter.Groups["parameter"].Value)
                : variables.Undeclared.Select(name => $"{name} nvarchar(max)")
        );

    private static string NameOf(SqlText statement, string variable) =>
        $"dbo.[{statement.Place} {variable.ToLowerInvariant()}]";

    private static void Replace(TSqlFragment whole, TSqlFragment part, string text)
    {
        for (var i = part.FirstTokenIndex; i <= part.LastTokenIndex; i++)
        {
            whole.ScriptTokenStream[i].Text = i == part.FirstTokenIndex ? text : "";
        }
    }

    [GeneratedRegex("""^-- (?<parameter>@\w+ .+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex FileParameter();

    private sealed class Variables : TSqlFragmentVisitor
    {
        private readonly HashSet<string> used = new(StringComparer.OrdinalIgnoreCase);
        private readonly HashSet<string> declared = new(StringComparer.OrdinalIgnoreCase);

        public List<DeclareTableVariableBody> Tables { get; } = [];

        public List<DeclareTableVariableStatement> TableStatements { get; } = [];

        public List<VariableTableReference> TableReferences { get; } = [];

        public IEnumerable<string> Undeclared => used.Except(declared, StringComparer.OrdinalIgnoreCase);

        public override void Visit(VariableReference node) => used.Add(node.Name);

        public override void Visit(DeclareVariableElement node) => declared.Add(node.VariableName.Value);

        public override void Visit(DeclareTableVariableStatement node) => TableStatements.Add(node);

        public override void Visit(DeclareTableVariableBody node)
        {
            declared.Add(node.VariableName.Value);
            Tables.Add(node);
        }

        public override void Visit(VariableTableReference node) => TableReferences.Add(node);

        // The name of a procedure's own parameter.
        public override void Visit(ExecuteParameter node)
        {
            if (node.Variable is not null)
            {
                declared.Add(node.Variable.Name);
            }
        }
    }
}
