using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>Reads T-SQL as SQL Server 2022 does.</summary>
internal static class TSql
{
    public static TSqlFragment Parse(string text, out IReadOnlyList<string> faults)
    {
        var fragment = new TSql160Parser(initialQuotedIdentifiers: true).Parse(new StringReader(text), out var errors);
        faults = [.. errors.Select(error => $"line {error.Line}, column {error.Column}: {error.Message}")];
        return fragment;
    }

    public static IEnumerable<TSqlStatement> Statements(string text) =>
        ((TSqlScript)Parse(text, out _)).Batches.SelectMany(batch => batch.Statements);

    public static string TextOf(TSqlFragment fragment) =>
        string.Concat(
            fragment
                .ScriptTokenStream.Skip(fragment.FirstTokenIndex)
                .Take(fragment.LastTokenIndex - fragment.FirstTokenIndex + 1)
                .Select(token => token.Text)
        );
}
