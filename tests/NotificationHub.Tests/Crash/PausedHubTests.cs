namespace NotificationHub.Tests.Crash;

public sealed class PausedHubTests(ITestOutputHelper output)
{
    [SignalsFact]
    public async Task A_hub_that_resumes_after_its_leases_expired_does_no_harm()
    {
        var seed = Seeds.Create(output);
        await using var scene = await PausedHubScene.BeginAsync(seed);

        try
        {
            for (var round = 0; round < 4; round++)
            {
                await scene.PauseLeaderAsync();
            }

            await scene.EndAsync();
        }
        finally
        {
            output.WriteLine(scene.Output);
        }

        output.WriteLine(
            $"sent {scene.Sender!.Sent.Count}, accepted {scene.Sender.AcceptedCount}, failed attempts {scene.Sender.FailedAttempts}, "
                + $"pauses repeated {scene.PausesInTransactions}"
        );
    }
}
