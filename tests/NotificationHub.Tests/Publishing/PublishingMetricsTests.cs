namespace NotificationHub.Tests.Publishing;

public sealed class PublishingMetricsTests : IAsyncLifetime
{
    private MeterReadings readings = null!;
    private PublishingScene scene = null!;

    public async ValueTask InitializeAsync()
    {
        scene = await PublishingScene.OpenAsync();
        readings = new MeterReadings(scene.Meters);
    }

    public async ValueTask DisposeAsync()
    {
        readings.Dispose();
        await scene.DisposeAsync();
    }

    [Fact]
    public async Task Sent_events_and_dead_letters_are_counted_by_topic()
    {
        var ids = await scene.AppendAsync(5);
        await scene.AppendAsync(2, "user.changed");
        scene.Bus.Poison(ids[2]);

        await scene.PassAsync();
        await scene.PassAsync("users");

        readings.Sums("notificationhub.publishing.sent").ShouldBe([("assets", 4), ("users", 2)], ignoreOrder: true);
        readings.Sums("notificationhub.publishing.dead_lettered").ShouldBe([("assets", 1)]);
    }

    [Fact]
    public async Task A_stopped_topic_reports_its_lag_until_it_resumes()
    {
        await scene.AppendAsync(3);
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        await scene.PassAsync();
        await scene.LaterPassAsync();
        await MeasureAsync();

        scene.Bus.Respond = (_, _) => { };
        await scene.LaterPassAsync();
        await MeasureAsync();

        readings.Of("notificationhub.publishing.lag", "assets").ShouldBe([3, 0]);
        readings
            .Of("notificationhub.publishing.oldest_unsent_age", "assets")
            .ShouldBe([PublishingScene.AnyBackoff.TotalSeconds, 0]);
        readings.Of("notificationhub.publishing.stopped", "assets").ShouldBe([1, 0]);
    }

    [Fact]
    public async Task The_delay_from_append_to_acceptance_is_measured()
    {
        await scene.AppendAsync(1);
        scene.Clock.Advance(TimeSpan.FromSeconds(7));
        await scene.AppendAsync(1);
        scene.Clock.Advance(TimeSpan.FromSeconds(2));

        await scene.PassAsync();

        readings.Of("notificationhub.publishing.delay", "assets").ShouldBe([9, 2]);
    }

    private async Task MeasureAsync() =>
        await (await scene.PublisherAsync("assets")).Publisher.MeasureAsync(CancellationToken.None);
}
