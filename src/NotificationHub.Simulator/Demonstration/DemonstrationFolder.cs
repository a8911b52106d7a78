namespace NotificationHub.Simulator.Demonstration;

internal sealed record DemonstrationOptions
{
    public int Devices { get; init; } = 1000;

    public int Apps { get; init; } = 25;

    /// <summary>The share of notifications that Apple delivers twice.</summary>
    public double Duplicates { get; init; } = 0.05;

    public bool Faults { get; init; }

    /// <summary>Whether an MDM has the location's notification URL first, to which the hub then relays.</summary>
    public bool Relay { get; init; }

    /// <summary>The folder of the database; null for a temporary folder.</summary>
    public string? DataFolder { get; init; }

    public int Seed { get; init; } = 1;

    public bool Json { get; init; }

    public bool KeepRunning { get; init; }
}

/// <summary>The folder of the database: temporary and deleted afterwards, or a given one that stays.</summary>
internal sealed class DemonstrationFolder : IDisposable
{
    private readonly bool temporary;

    private DemonstrationFolder(string path, bool temporary, string? error = null)
    {
        Path = path;
        this.temporary = temporary;
        Error = error;
    }

    public string Path { get; }

    /// <summary>Why the folder cannot be used; null if it can.</summary>
    public string? Error { get; }

    public static DemonstrationFolder Open(DemonstrationOptions options)
    {
        if (options.DataFolder is not { } path)
        {
            return new DemonstrationFolder(
                Directory.CreateTempSubdirectory("notificationhub-simulator-").FullName,
                temporary: true
            );
        }

        if (File.Exists(System.IO.Path.Combine(path, "notificationhub.db")))
        {
            return new DemonstrationFolder(
                path,
                temporary: false,
                $"{path} already contains a database from another run. Nothing was changed. Choose an empty folder."
            );
        }

        return new DemonstrationFolder(path, temporary: false, Create(path));
    }

    public void Dispose()
    {
        if (temporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static string? Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            using var probe = File.Create(
                System.IO.Path.Combine(path, $".{Guid.NewGuid():N}"),
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"Cannot create the database in {path}: {exception.Message}";
        }
    }
}
