using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Storage;

/// <summary>Actions of several transactions have an audit entry, whatever their outcome.</summary>
public sealed class AuditTrailTests
{
    private static readonly AuditedAct Act = new("locations rotate-secret", "loc1");

    [Fact]
    public async Task The_entry_exists_before_the_work_starts()
    {
        await using var test = await TestDatabase.OpenAsync();
        string[] meanwhile = [];

        await new AuditTrail(test.Database, NullLogger<AuditTrail>.Instance).RunAsync(
            TestActor.Operator,
            Act,
            async () =>
            {
                // The entry of a process that ends here.
                meanwhile = await OutcomesAsync(test);
                return true;
            }
        );

        meanwhile.ShouldBe(["started"]);
        (await OutcomesAsync(test)).ShouldBe(["succeeded"]);
    }

    [Theory]
    [InlineData(LocationErrorCode.Busy, "refused busy")]
    [InlineData(LocationErrorCode.Refused, "refused refused")]
    [InlineData(LocationErrorCode.Unconfirmed, "failed unconfirmed")]
    internal async Task An_error_is_recorded_by_its_code_and_not_by_its_message(LocationErrorCode fault, string outcome)
    {
        await using var test = await TestDatabase.OpenAsync();

        await Should.ThrowAsync<LocationException>(() => FailAsync(test, new LocationException(fault, "s3cr3t")));

        (await OutcomesAsync(test)).ShouldBe([outcome]);
    }

    [Fact]
    public async Task A_canceled_action_has_an_outcome()
    {
        await using var test = await TestDatabase.OpenAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => FailAsync(test, new OperationCanceledException()));

        (await OutcomesAsync(test)).ShouldBe(["failed interrupted"]);
    }

    [Fact]
    public async Task The_result_is_returned_even_if_the_entry_cannot_be_closed()
    {
        await using var test = await OpenAsync();
        using var log = new LogLines();

        var (result, outcomes) = await WhileClosedAsync(test, log, () => Task.FromResult("the only copy"));

        result.ShouldBe("the only copy");
        outcomes.ShouldBe(["started"]);
        log.Text.ShouldContain("stays `started`");
        log.Text.ShouldNotContain("the only copy");
    }

    [Fact]
    public async Task The_error_is_thrown_even_if_the_entry_cannot_be_closed()
    {
        await using var test = await OpenAsync();
        using var log = new LogLines();

        await Should.ThrowAsync<LocationException>(() =>
            WhileClosedAsync(
                test,
                log,
                () => Task.FromException<string>(new LocationException(LocationErrorCode.Refused, "s3cr3t"))
            )
        );

        log.Text.ShouldContain("stays `started`");
    }

    private static Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(20));

    /// <summary>Another process locks the database during the work, until the end.</summary>
    private static async Task<(string Result, string[] Outcomes)> WhileClosedAsync(
        TestDatabase test,
        LogLines log,
        Func<Task<string>> work
    )
    {
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        await using var other = test.Sqlite.OpenWriter();
        SqliteTransaction? held = null;
        try
        {
            var result = await new AuditTrail(test.Database, loggers.CreateLogger<AuditTrail>()).RunAsync(
                TestActor.Operator,
                Act,
                () =>
                {
                    held = other.BeginTransaction(deferred: false);
                    return work();
                }
            );
            return (result, await OutcomesAsync(test));
        }
        finally
        {
            held?.Dispose();
        }
    }

    private static Task FailAsync(TestDatabase test, Exception fault) =>
        new AuditTrail(test.Database, NullLogger<AuditTrail>.Instance).RunAsync<bool>(
            TestActor.Operator,
            Act,
            () => Task.FromException<bool>(fault)
        );

    private static async Task<string[]> OutcomesAsync(TestDatabase test)
    {
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);
        return
        [
            .. (await AuditLog.ListAsync(connection, after: null, limit: 10)).Select(entry =>
                entry.Detail is null ? entry.Outcome : $"{entry.Outcome} {entry.Detail}"
            ),
        ];
    }
}
