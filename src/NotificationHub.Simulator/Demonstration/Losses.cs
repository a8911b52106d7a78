namespace NotificationHub.Simulator.Demonstration;

/// <summary>What was lost, what was there twice, and what was there though nothing had asked for it.</summary>
internal readonly record struct Losses(long Lost, long Doubled, long Unexpected)
{
    public static Losses operator +(Losses left, Losses right) =>
        new(left.Lost + right.Lost, left.Doubled + right.Doubled, left.Unexpected + right.Unexpected);

    /// <summary>Compares what had to be there once with what was there.</summary>
    public static Losses Between<T>(IReadOnlyCollection<T> expected, IReadOnlyCollection<T> found)
        where T : notnull => Between(expected, expected, found);

    /// <param name="expected">What had to be there.</param>
    /// <param name="possible">What may be there; all that is expected, and perhaps more.</param>
    /// <param name="found">What was there.</param>
    public static Losses Between<T>(
        IReadOnlyCollection<T> expected,
        IReadOnlyCollection<T> possible,
        IReadOnlyCollection<T> found
    )
        where T : notnull
    {
        var once = found.ToHashSet();
        return new Losses(
            Lost: expected.Distinct().LongCount(item => !once.Contains(item)),
            Doubled: found.Count - once.Count,
            Unexpected: once.Except(possible).LongCount()
        );
    }
}
