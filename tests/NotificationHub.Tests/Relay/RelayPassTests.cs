using System.Net;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Relay;

namespace NotificationHub.Tests.Relay;

public sealed class RelayPassTests : IAsyncLifetime
{
    private RelayScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await RelayScene.OpenAsync();

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Notifications_are_forwarded_in_the_order_of_the_log_as_Apple_sent_them()
    {
        await scene.PostAsync("before");
        var target = await scene.AddTargetAsync();
        await scene.PostAsync("a");
        await scene.PostAsync("b", contentType: "text/plain; charset=utf-8");
        await scene.PostAsync("c", contentType: "");
        await scene.PostAsync("elsewhere", "location-2");

        await scene.PassAsync();

        scene
            .Mdms.AcceptedDeliveries()
            .ShouldBe([
                new ReceivedDelivery("a", "Bearer s3cret", "application/json", "Apple/1"),
                new ReceivedDelivery("b", "Bearer s3cret", "text/plain; charset=utf-8", "Apple/1"),
                new ReceivedDelivery("c", "Bearer s3cret", null, "Apple/1"),
            ]);
        (await scene.CountAsync("relay_delivery")).ShouldBe(0);
        var status = await scene.StatusAsync(target);
        status.LastDeliveredAt.ShouldBe(scene.Clock.GetUtcNow());
        status.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_target_nothing_is_written_and_the_log_is_not_held()
    {
        await scene.PostAsync("a");

        await scene.PassAsync();

        (await scene.CountAsync("log_cursor")).ShouldBe(0);
        (await scene.Test.ScalarAsync<long?>(RelayDeliveries.OldestNeeded)).ShouldBeNull();
    }

    [Fact]
    public async Task After_the_last_target_is_removed_its_rows_and_the_cursor_are_deleted()
    {
        await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.ServiceUnavailable);
        await scene.PostAsync("a");
        await scene.PassAsync();

        await scene.SetStateAsync(RelayTargetState.Removed);
        await scene.PassAsync();

        (await scene.CountAsync("relay_target")).ShouldBe(0);
        (await scene.CountAsync("relay_delivery")).ShouldBe(0);
        (await scene.CountAsync("log_cursor")).ShouldBe(0);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Found)]
    public async Task After_an_outage_or_a_refusal_nothing_is_lost_and_the_order_is_kept(HttpStatusCode status)
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(status);
        await scene.PostAsync("a");
        await scene.PostAsync("b");

        await scene.PassAsync();
        await scene.PassAsync();
        scene.Mdms.Attempts.ShouldBe(1);
        await scene.LaterPassAsync();
        scene.Mdms.Attempts.ShouldBe(2);
        var failing = await scene.StatusAsync(target);
        failing.Pending.ShouldBe(2);
        failing.LastStatus.ShouldBe((int)status);
        failing.FailingSince.ShouldBe(scene.Clock.GetUtcNow() - RelayScene.AnyBackoff);
        failing.IsRefusing.ShouldBe(status != HttpStatusCode.ServiceUnavailable);

        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        await scene.PostAsync("c");
        await scene.LaterPassAsync();

        scene.Mdms.Accepted().ShouldBe(["a", "b", "c"]);
        (await scene.StatusAsync(target)).FailingSince.ShouldBeNull();
    }

    [Fact]
    public async Task More_targets_than_connections_to_one_host_are_all_served()
    {
        const int Targets = RelayClient.MaxConnectionsPerHost + 4;
        foreach (var number in Enumerable.Range(0, Targets))
        {
            await scene.AddTargetAsync($"https://mdm.example.com/{number}", $"secret-{number}");
        }

        foreach (var name in new[] { "a", "b" })
        {
            var slow = new TaskCompletionSource();
            scene.Mdms.Answer = async (_, _, _) =>
            {
                await slow.Task;
                return new HttpResponseMessage();
            };
            await scene.PostAsync(name);
            await scene.StartPassAsync();
            slow.SetResult();
            await scene.FinishBatchesAsync();
        }

        scene
            .Mdms.AcceptedDeliveries()
            .Select(delivery => delivery.Authorization)
            .Distinct(StringComparer.Ordinal)
            .Count()
            .ShouldBe(Targets);
    }

    [Fact]
    public async Task A_target_that_does_not_respond_delays_no_other_target()
    {
        await scene.AddTargetAsync("https://dead.example.com/");
        await scene.AddTargetAsync();
        scene.Mdms.Answer = async (host, _, cancellationToken) =>
        {
            if (host == "dead.example.com")
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return new HttpResponseMessage();
        };
        await scene.PostAsync("a");
        await PassUntilAcceptedAsync(1);
        await scene.PostAsync("b");
        await PassUntilAcceptedAsync(2);

        scene.Clock.Advance(scene.RelayOptions.Timeout);
        await scene.FinishBatchesAsync();

        scene.Mdms.Accepted().ShouldBe(["a", "b"]);
        scene.Mdms.Accepted("dead.example.com").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rejected_notification_is_set_aside_after_three_attempts_and_can_be_sent_again()
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.Answer = (_, body, _) =>
            ScriptedMdms.Status(body == "bad" ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
        await scene.PostAsync("a");
        var bad = await scene.PostAsync("bad");
        await scene.PostAsync("c");

        await scene.PassAsync();
        await scene.LaterPassAsync();
        scene.Mdms.Accepted().ShouldBe(["a"]);
        await scene.LaterPassAsync();
        await scene.PassAsync();

        scene.Mdms.Accepted().ShouldBe(["a", "c"]);
        var setAside = await scene.Service.ListSetAsideAsync(
            RelayScene.LocationId,
            target,
            0,
            10,
            CancellationToken.None
        );
        var row = setAside.ShouldHaveSingleItem();
        (row.Seq, row.NotificationId, row.Attempts, row.Failure).ShouldBe((bad, "bad", 3, "rejected"));

        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        (await scene.ResendAsync(bad)).ShouldBe(1);
        await scene.PassAsync();

        scene.Mdms.Accepted().ShouldBe(["a", "c", "bad"]);
        (await scene.StatusAsync(target)).SetAside.ShouldBe(0);
    }

    [Fact]
    public async Task Attempts_during_an_outage_do_not_count_as_rejections()
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.ServiceUnavailable);
        await scene.PostAsync("a");
        for (var i = 0; i < 3; i++)
        {
            await scene.LaterPassAsync();
        }

        scene.Mdms.AnswerAll(HttpStatusCode.BadRequest);
        await scene.LaterPassAsync();
        await scene.LaterPassAsync();
        (await scene.StatusAsync(target)).SetAside.ShouldBe(0);
        await scene.LaterPassAsync();

        (await scene.StatusAsync(target)).SetAside.ShouldBe(1);
    }

    [Fact]
    public async Task Rejected_notifications_never_block_later_ones()
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.Answer = (_, body, _) =>
            ScriptedMdms.Status(body.Contains("unknown") ? HttpStatusCode.BadRequest : HttpStatusCode.OK);
        foreach (var number in Enumerable.Range(0, 6))
        {
            await scene.PostAsync($"unknown-{number}");
        }

        await scene.PostAsync("known");

        for (var i = 0; i < 30; i++)
        {
            await scene.LaterPassAsync();
        }

        var status = await scene.StatusAsync(target);
        (status.SetAside, status.Pending).ShouldBe((6, 0));
        scene.Mdms.Accepted().ShouldBe(["known"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_and_a_resend_end_the_pause_after_a_failure(bool resend)
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.NotFound);
        await scene.PostAsync("old");
        await scene.PassAsync();
        scene.Clock.Advance(scene.RelayOptions.MaxAge);
        await scene.PostAsync("new");
        await scene.LaterPassAsync();
        (await scene.StatusAsync(target)).SetAside.ShouldBe(1);
        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        await scene.PassAsync();
        scene.Mdms.Accepted().ShouldBeEmpty();

        if (resend)
        {
            await scene.ResendAsync();
        }
        else
        {
            await scene.SetStateAsync(RelayTargetState.Stopped);
            await scene.SetStateAsync(RelayTargetState.Running);
        }

        await scene.PassAsync();

        scene.Mdms.Accepted().ShouldBe(resend ? ["old", "new"] : ["new"]);
    }

    [Fact]
    public async Task A_start_reports_a_target_without_the_failure_that_it_clears()
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.NotFound);
        await scene.PostAsync("a");
        await scene.PassAsync();
        (await scene.StatusAsync(target)).Error.ShouldBe("not-found (HTTP 404)");

        var started = await scene.Service.SetStateAsync(
            RelayScene.LocationId,
            target,
            RelayTargetState.Running,
            TestActor.Operator,
            CancellationToken.None
        );

        started.ShouldHaveSingleItem().ShouldBe(await scene.StatusAsync(target));
        started[0].Error.ShouldBeNull();
    }

    [Fact]
    public async Task After_a_day_a_notification_is_set_aside_and_a_resend_precedes_later_ones()
    {
        var target = await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.ServiceUnavailable);
        await scene.PostAsync("old");
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromHours(23));
        await scene.PostAsync("new");
        scene.Clock.Advance(TimeSpan.FromHours(1));

        await scene.PassAsync();
        await scene.PassAsync();
        var status = await scene.StatusAsync(target);
        (status.SetAside, status.Pending).ShouldBe((1, 1));

        (await scene.ResendAsync()).ShouldBe(1);
        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        await scene.LaterPassAsync();

        scene.Mdms.Accepted().ShouldBe(["old", "new"]);
    }

    [Fact]
    public async Task A_stopped_target_collects_and_a_start_forwards_what_it_missed()
    {
        await scene.AddTargetAsync();
        await scene.SetStateAsync(RelayTargetState.Stopped);
        await scene.PostAsync("a");
        await scene.PassAsync();
        scene.Mdms.Attempts.ShouldBe(0);

        await scene.SetStateAsync(RelayTargetState.Running);
        await scene.PassAsync();

        scene.Mdms.Accepted().ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_new_secret_is_used_at_once()
    {
        var target = await scene.AddTargetAsync(secret: "old");
        scene.Mdms.AnswerAll(HttpStatusCode.Unauthorized);
        await scene.PostAsync("a");
        await scene.PassAsync();

        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        (await scene.AddTargetAsync(secret: "new")).ShouldBe(target);
        await scene.PassAsync();

        scene.Mdms.AcceptedDeliveries().ShouldHaveSingleItem().Authorization.ShouldBe("Bearer new");
    }

    [Fact]
    public async Task Another_owner_continues_after_what_was_stored_and_an_earlier_owner_stores_nothing()
    {
        await scene.AddTargetAsync();
        scene.Mdms.Answer = async (_, _, _) =>
        {
            await scene.Test.ExecuteAsync("update lease set owner = 'other', fencing_token = fencing_token + 1");
            return new HttpResponseMessage();
        };
        await scene.PostAsync("a");
        await scene.PassAsync();
        (await scene.CountAsync("relay_delivery")).ShouldBe(1);

        await scene.Test.ExecuteAsync("update lease set expires_at = 0");
        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        scene.Restart();
        await scene.PassAsync();

        // At least once: the first attempt was not stored.
        scene.Mdms.Accepted().ShouldBe(["a", "a"]);
        (await scene.CountAsync("relay_delivery")).ShouldBe(0);
    }

    [Fact]
    public async Task After_the_removal_of_the_location_the_target_is_drained_and_deleted_with_its_secret()
    {
        await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.ServiceUnavailable);
        await scene.PostAsync("a");
        await scene.PassAsync();
        await scene.Test.ExecuteAsync("update location set state = 'removed'");
        await scene.Test.ExecuteAsync(
            "insert into location_removal (location_id, delete_data, skip_apple, no_restore, requested_at) values ('location-1', 0, 0, 0, 0)"
        );

        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        await scene.PostAsync("late");
        await scene.LaterPassAsync();
        await scene.PassAsync();
        scene.Mdms.Accepted().ShouldBe(["a", "late"]);
        (await scene.CountAsync("relay_target")).ShouldBe(1);

        await scene.Test.ExecuteAsync("delete from location_removal");
        await scene.PassAsync();
        (await scene.CountAsync("relay_target")).ShouldBe(0);
    }

    [Fact]
    public async Task A_notification_that_is_no_longer_in_the_log_is_skipped()
    {
        await scene.AddTargetAsync();
        scene.Mdms.AnswerAll(HttpStatusCode.ServiceUnavailable);
        var gone = await scene.PostAsync("gone");
        await scene.PostAsync("b");
        await scene.PassAsync();
        await scene.Test.ExecuteAsync("delete from notification_log where seq = @gone", new { gone });

        scene.Mdms.AnswerAll(HttpStatusCode.OK);
        await scene.LaterPassAsync();

        scene.Mdms.Accepted().ShouldBe(["b"]);
    }

    [Fact]
    public async Task Retry_After_is_respected()
    {
        await scene.AddTargetAsync();
        scene.Mdms.Answer = (_, _, _) =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            response.Headers.RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(
                TimeSpan.FromMinutes(20)
            );
            return Task.FromResult(response);
        };
        await scene.PostAsync("a");
        await scene.PassAsync();

        scene.Clock.Advance(TimeSpan.FromMinutes(19));
        await scene.PassAsync();
        scene.Mdms.Attempts.ShouldBe(1);
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await scene.PassAsync();
        scene.Mdms.Attempts.ShouldBe(2);
    }

    // A pass skips a target whose last batch is accepted, but not committed yet.
    private async Task PassUntilAcceptedAsync(int count)
    {
        while (scene.Mdms.Accepted().Count < count)
        {
            await scene.StartPassAsync();
        }
    }
}
