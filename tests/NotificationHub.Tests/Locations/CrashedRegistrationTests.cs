using System.Net;
using NotificationHub.Apple;
using NotificationHub.Locations;

namespace NotificationHub.Tests.Locations;

/// <summary>A registration whose process crashes.</summary>
public sealed class CrashedRegistrationTests
{
    [Fact]
    public async Task A_crash_at_any_step_keeps_the_hub_accepting_deliveries_and_the_same_command_resumes()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var steps = 0;
        for (var isDead = true; isDead; )
        {
            steps++;
            foreach (var afterStep in new[] { false, true })
            {
                var library = scene.Apple.AddLocation();
                var request = new RegistrationRequest(ContentToken.Parse(library.ContentTokenFile), scene.HubUrl);
                await using var process = await OperatorProcess.StartAsync(scene, steps, afterStep);
                await process.RunAsync<LocationRegistration, RegisteredLocation>(registration =>
                    registration.RegisterAsync(request, CancellationToken.None)
                );
                isDead = process.HasCrashed;
                if (library.Configuration.NotificationUrl is not null)
                {
                    (await scene.PostAsAppleAsync(library)).ShouldBe(HttpStatusCode.OK, $"step {steps}, {afterStep}");
                }

                await scene.LetTimePassAsync();
                await FinishAsync(scene, request);

                (await scene.PostAsAppleAsync(library)).ShouldBe(HttpStatusCode.OK, $"finished, step {steps}");
                var location = (await scene.LocationsAsync()).Single(one => one.UId == library.UId);
                location.State.ShouldBe(LocationState.Valid);
            }
        }

        steps.ShouldBeGreaterThan(7);
    }

    private static async Task FinishAsync(RegistrationScene scene, RegistrationRequest request)
    {
        try
        {
            await scene.Service<LocationRegistration>().RegisterAsync(request, CancellationToken.None);
        }
        catch (LocationException error) when (error.Code == LocationErrorCode.AlreadyRegistered)
        {
            // It crashed after the last step, or not at all.
        }
    }
}
