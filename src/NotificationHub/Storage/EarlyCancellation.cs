using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>Pages that end before their query does.</summary>
internal static class EarlyCancellation
{
    extension(DbDataReader rows)
    {
        /// <summary>
        /// Says that no further row is wanted. A reader that is only disposed of has SQL Server send all that is left, which may be hundreds of
        /// megabytes, and reads it; on SQLite there is nothing to cancel.
        /// </summary>
        public void LeaveRest() => ((IWrappedDataReader)rows).Command.Cancel();
    }
}
