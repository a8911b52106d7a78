namespace NotificationHub.Simulator.Demonstration;

/// <summary>Where the database is made: a temporary folder that goes with the run, or one that stays.</summary>
internal sealed class DemonstrationFolder : IDisposable
{
    private readonly bool temporary;

    private DemonstrationFolder(string path, bool temporary, string? fault = null)
    {
        Path = path;
        this.temporary = temporary;
        Fault = fault;
    }

    public string Path { get; }

    /// <summary>Why it cannot be used; null where it can.</summary>
    public string? Fault { get; }

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
                $"{path} holds a database already, whose location the simulated Apple does not know. Name an empty folder."
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
            return $"{path} cannot be used for the database: {exception.Message}";
        }
    }
}
