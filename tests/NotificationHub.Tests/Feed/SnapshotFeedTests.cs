using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Feed;
using NotificationHub.Publishing;
using NotificationHub.Tests.Publishing;

namespace NotificationHub.Tests.Feed;

public sealed class SnapshotFeedTests : IAsyncLifetime
{
    private PublishingScene scene = null!;
    private SnapshotFeed feed = null!;

    public async ValueTask InitializeAsync()
    {
        scene = await PublishingScene.OpenAsync();
        feed = new SnapshotFeed(scene.Database, new CloudEventWriter(Options.Create(new PublishingOptions())));
        await scene.Test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, read_number, created_at)
            values ('north', 'valid', 0, 1, 0, 0)
            """
        );
        await scene.Test.ExecuteAsync(
            """
            with recursive n (i) as (select 1 union all select i + 1 from n where i < @Count)
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            select 'north', 'asset', printf('%06d', i), '{}', 1, 1, 0 from n
            """,
            new { Count = SnapshotFeed.PageSize + 2 }
        );
        await scene.AppendAsync(1);
    }

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_record_changed_during_the_read_has_a_revision_after_the_sequence()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var sequence = (await feed.ReadSequenceAsync("north", "asset", CancellationToken.None)).ShouldNotBeNull();
        var writing = WriteAsync(pipe.Writer);
        writing.IsCompleted.ShouldBeFalse();

        await scene.AppendAsync(2);
        await scene.Test.ExecuteAsync(
            "update snapshot set revision = 2 where key = @key",
            new { key = $"{SnapshotFeed.PageSize + 1:D6}" }
        );
        await scene.Test.ExecuteAsync(
            "update snapshot set revision = 3, data = null where key = @key",
            new { key = $"{SnapshotFeed.PageSize + 2:D6}" }
        );

        var lines = await ReadLinesAsync(pipe.Reader);
        await writing;
        lines.Count.ShouldBe(SnapshotFeed.PageSize + 1);
        var revisions = lines.Select(line => long.Parse(line.GetProperty("revision").GetString()!)).ToList();
        revisions[..^1].ShouldAllBe(revision => revision == sequence);
        revisions[^1].ShouldBe(2);
    }

    [Fact]
    public async Task A_page_is_read_with_a_seek_and_no_sort()
    {
        await using var connection = await scene.Test.Database.OpenReaderAsync(CancellationToken.None);
        var plan = await scene.Test.QueryAsync<PlanStep>(
            $"explain query plan {SnapshotFeed.PageStatement(connection)}",
            new
            {
                locationId = "north",
                kind = "asset",
                after = "",
                SnapshotFeed.PageSize,
            }
        );

        plan.ShouldHaveSingleItem()
            .Detail.ShouldBe("SEARCH snapshot USING PRIMARY KEY (location_id=? AND kind=? AND key>?)");
    }

    private async Task WriteAsync(PipeWriter output)
    {
        await feed.WriteAsync("north", "asset", output, CancellationToken.None);
        await output.CompleteAsync();
    }

    private static async Task<IReadOnlyList<JsonElement>> ReadLinesAsync(PipeReader input)
    {
        using var text = new StreamReader(input.AsStream(), Encoding.UTF8);
        return
        [
            .. (await text.ReadToEndAsync())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
    }

    private sealed record PlanStep
    {
        public required string Detail { get; init; }
    }
}
