using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public sealed class DatabaseTimeTests
{
    [Fact]
    public void The_time_follows_the_databases_clock_and_not_the_machines()
    {
        var machine = new ManualClock();
        var time = new DatabaseTime(machine);
        time.GetUtcNow().ShouldBe(machine.GetUtcNow(), "nothing was read yet");
        var there = machine.GetUtcNow() - TimeSpan.FromHours(3);

        time.Record(there);
        machine.SetWall(TimeSpan.FromDays(10));
        machine.Advance(TimeSpan.FromMinutes(1));

        time.GetUtcNow().ShouldBe(there + TimeSpan.FromMinutes(1));
        time.GetTimestamp().ShouldBe(machine.GetTimestamp());
    }
}
