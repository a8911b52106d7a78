using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>
/// T-SQL that statements must not use, because other servers do not support it, or because it is known to fail. See decision 8.
/// </summary>
internal sealed class TSqlSubset : TSqlFragmentVisitor
{
    private readonly List<string> faults = [];

    public static IReadOnlyList<string> FaultsOf(TSqlFragment fragment)
    {
        var subset = new TSqlSubset();
        fragment.Accept(subset);
        subset.ReadWords(fragment);
        return subset.faults;
    }

    public override void Visit(MergeSpecification node) => faults.Add("MERGE");

    public override void Visit(AssignmentSetClause node)
    {
        if (node.AssignmentKind != AssignmentKind.Equals)
        {
            faults.Add($"an assignment by {node.AssignmentKind}");
        }
    }

    public override void Visit(TableDefinition node)
    {
        if (node.Indexes.Count > 0 || node.ColumnDefinitions.Any(column => column.Index is not null))
        {
            faults.Add("an index within CREATE TABLE");
        }
    }

    public override void Visit(UpdateStatement node)
    {
        var target = (node.UpdateSpecification.Target as NamedTableReference)?.SchemaObject.BaseIdentifier.Value;
        var tables = node.WithCtesAndXmlNamespaces?.CommonTableExpressions ?? [];
        if (tables.Any(table => table.ExpressionName.Value == target))
        {
            faults.Add("a common table expression as the target of UPDATE");
        }
    }

    public override void Visit(QueryExpression node)
    {
        if (node is { OffsetClause: not null, OrderByClause: null })
        {
            faults.Add("OFFSET without ORDER BY");
        }
    }

    public override void Visit(QuerySpecification node)
    {
        if (node.TopRowFilter is not null && node.OrderByClause is null)
        {
            faults.Add("TOP without ORDER BY");
        }
    }

    private void ReadWords(TSqlFragment fragment)
    {
        List<TSqlParserToken> words =
        [
            .. fragment.ScriptTokenStream.Where(token =>
                token.TokenType
                    is not (
                        TSqlTokenType.WhiteSpace
                        or TSqlTokenType.SingleLineComment
                        or TSqlTokenType.MultilineComment
                        or TSqlTokenType.EndOfFile
                        or TSqlTokenType.AsciiStringLiteral
                        or TSqlTokenType.UnicodeStringLiteral
                    )
            ),
        ];
        for (var i = 0; i < words.Count; i++)
        {
            var before = i == 0 ? "" : words[i - 1].Text;
            Read(words[i].Text, before, i < 2 ? "" : words[i - 2].Text);
        }
    }

    private void Read(string word, string before, string beforeThat)
    {
        var fault = word.ToUpperInvariant() switch
        {
            "ALTER" when Is(before, "or") && Is(beforeThat, "create") => "CREATE OR ALTER",
            "IGNORE_DUP_KEY" => "IGNORE_DUP_KEY",
            "KEY" when !Is(before, "primary") => "a bare key: \"key\" is what both engines know",
            "CONFLICT" when Is(before, "on") => "ON CONFLICT",
            "LIMIT" or "RETURNING" or "||" => word,
            "DATETIMEOFFSET" => "datetimeoffset",
            _ => null,
        };
        if (fault is not null)
        {
            faults.Add(fault);
        }
    }

    private static bool Is(string word, string other) => word.Equals(other, StringComparison.OrdinalIgnoreCase);
}
