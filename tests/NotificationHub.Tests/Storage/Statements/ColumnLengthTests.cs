using System.Reflection;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Erasure;
using NotificationHub.Events;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.OperationTracking;
using NotificationHub.Publishing;
using NotificationHub.Relay;
using NotificationHub.Replays;
using NotificationHub.Retention;
using NotificationHub.Routing;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>SQLite stores texts of any length, but SQL Server does not: every value that the hub writes must fit its column.</summary>
public sealed class ColumnLengthTests
{
    private static readonly string[] Logs = ["notification", "event"];

    private static readonly Dictionary<string, IEnumerable<string>> Words = new(StringComparer.Ordinal)
    {
        ["log_epoch.log"] = Logs,
        ["log_start.log"] = Logs,
        ["event_log.topic"] = TopicMap.Topics,
        ["event_log.type"] = ConstantsOf(typeof(EventNames)),
        ["event_log.change"] = [RecordChanges.Added, RecordChanges.Updated, RecordChanges.Removed],
        ["log_cursor.name"] = [RoutingPass.Name, RelayFanOut.Name, .. TopicMap.Topics.Select(TopicLog.GetName)],
        ["lease.name"] =
        [
            RoutingPass.Name,
            RelayFanOut.Name,
            RetentionWorker.LeaseName,
            OperationWorker.LeaseName,
            ReplayWorker.Name,
        ],
        ["dead_letter.topic"] = TopicMap.Topics,
        ["dead_letter.state"] = ConstantsOf(typeof(DeadLetterState)),
        ["replay.replay_id"] = ["0123456789"],
        ["replay.topic"] = TopicMap.Topics,
        ["replay.type"] = ConstantsOf(typeof(EventNames)),
        ["replay.state"] = ConstantsOf(typeof(ReplayState)),
        ["location.state"] = Enum.GetValues<LocationState>().Select(state => state.ToWireName()),
        ["notification_secret.state"] = ["pending", "active", "retiring", "retired"],
        ["relay_target.state"] = ConstantsOf(typeof(RelayTargetState)),
        ["relay_target.failure"] = RelayFailureNames,
        ["relay_delivery.state"] = ["pending", "set-aside"],
        ["relay_delivery.failure"] = RelayFailureNames,
        ["change_counter.name"] = ["locations"],
        ["refetch_target.kind"] = Kinds,
        ["snapshot.kind"] = Kinds,
        ["snapshot_state.kind"] = Kinds,
        ["full_sync.kind"] = Kinds,
        ["full_sync.purpose"] = ConstantsOf(typeof(FullSyncPurposes)),
        ["full_sync.phase"] = ConstantsOf(typeof(FullSyncPhases)),
        ["full_sync_page.kind"] = Kinds,
        ["audit_entry.outcome"] = ConstantsOf(typeof(AuditOutcome)),
        ["operation.state"] = ConstantsOf(typeof(OperationStates)),
        ["erasure.kind"] = ConstantsOf(typeof(ErasureKinds)),
        ["erasure.phase"] = ConstantsOf(typeof(ErasurePhases)),
        ["trusted_time.name"] = ["pruning"],
    };

    /// <summary>Columns with a name or an ID, whose length is validated on input.</summary>
    private static readonly string[] Names =
    [
        "location_id",
        "target_id",
        "u_id",
        "key",
        "event_id",
        "owner",
        "replica_id",
        "friendly_name",
        "country",
        "adam_id",
        "subject",
    ];

    public static TheoryData<string> Columns => [.. Words.Keys];

    private static IEnumerable<string> RelayFailureNames =>
        Enum.GetValues<RelayFailure>().Select(failure => failure.ToWireName());

    private static IEnumerable<string> Kinds => RecordKind.All.Select(kind => kind.Name);

    [Theory]
    [MemberData(nameof(Columns))]
    public void Every_constant_fits_its_column(string column)
    {
        var words = Words[column].ToList();

        words.ShouldNotBeEmpty();
        words.Where(word => word.Length > Lengths()[column]).ShouldBeEmpty();
    }

    [Fact]
    public void Every_bounded_column_stores_known_constants_or_names() =>
        Lengths()
            .Keys.Where(column => !Names.Contains(column[(column.IndexOf('.', StringComparison.Ordinal) + 1)..]))
            .ShouldBe(Words.Keys, ignoreOrder: true);

    [Fact]
    public void Columns_that_a_later_migration_adds_are_checked_too() =>
        LengthsOf([
                "create table t (a nvarchar(10) not null);",
                "alter table t add b nvarchar(20) null, c bigint null;",
            ])
            .ShouldBe(new Dictionary<string, int> { ["t.a"] = 10, ["t.b"] = 20 }, ignoreOrder: true);

    private static IEnumerable<string> ConstantsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field is { IsLiteral: true } && field.FieldType == typeof(string))
            .Select(field => (string)field.GetRawConstantValue()!);

    /// <summary>The length of each bounded text column of the schema, in characters.</summary>
    private static Dictionary<string, int> Lengths()
    {
        var files = new SqlFiles($"{StorageOptions.SqlServer}/Migrations/");
        return LengthsOf(files.Names.Select(name => files[name]));
    }

    private static Dictionary<string, int> LengthsOf(IEnumerable<string> migrations) =>
        migrations
            .SelectMany(TSql.Statements)
            .SelectMany(statement =>
                statement switch
                {
                    CreateTableStatement table => ColumnsOf(table.SchemaObjectName, table.Definition),
                    AlterTableAddTableElementStatement table => ColumnsOf(table.SchemaObjectName, table.Definition),
                    _ => [],
                }
            )
            .Where(column => column.Length > 0)
            .ToDictionary(column => column.Name, column => column.Length, StringComparer.Ordinal);

    private static IEnumerable<(string Name, int Length)> ColumnsOf(
        SchemaObjectName table,
        TableDefinition definition
    ) =>
        definition.ColumnDefinitions.Select(column =>
            (
                $"{table.BaseIdentifier.Value}.{column.ColumnIdentifier.Value}",
                (column.DataType as SqlDataTypeReference)
                    is { SqlDataTypeOption: SqlDataTypeOption.NVarChar, Parameters: [IntegerLiteral length] }
                    ? int.Parse(length.Value)
                    : 0
            )
        );
}
