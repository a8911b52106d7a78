using System.Data;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>Bytes as <c>varbinary(max)</c>: declared by their length, each length would have the statement compiled anew.</summary>
internal sealed class Blob(byte[] bytes) : SqlMapper.ICustomQueryParameter
{
    private const int Max = -1;

    public ReadOnlySpan<byte> Bytes => bytes;

    public void AddParameter(IDbCommand command, string name) =>
        command.Parameters.Add(new SqlParameter(name, SqlDbType.VarBinary, Max) { Value = bytes });
}
