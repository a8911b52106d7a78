using NotificationHub.Health;

namespace NotificationHub.WebConsole.Parts;

/// <summary>The status of a stage as people read it.</summary>
internal static class StageTexts
{
    public static (string Text, Tone Tone) DescribeState(StageStatus stage) =>
        stage.StalledSince is not null ? ("stalled", Tone.Bad)
        : stage is TopicStageStatus { State: TopicState.Stopped or TopicState.Waiting } ? ("stopped", Tone.Bad)
        : stage.Retrying > 0 ? ("retrying", Tone.Warning)
        : stage.Backlog > 0 ? ("working", Tone.Busy)
        : ("idle", Tone.Good);

    public static string DescribeOldest(IEnumerable<StageStatus> stages, DateTimeOffset now) =>
        stages.Max(stage => stage.OldestPendingAt is null ? (TimeSpan?)null : stage.OldestAge(now)) is { } age
            ? Ages.Format(age)
            : "none";

    public static string DescribeHolder(StageHolder? holder) =>
        holder?.Kind switch
        {
            "this-replica" => "this replica",
            "other-replica" => holder.Replica ?? "other replicas",
            "shared" => "several replicas",
            _ => "none",
        };
}
