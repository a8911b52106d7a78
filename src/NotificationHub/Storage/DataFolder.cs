namespace NotificationHub.Storage;

/// <summary>Judges a place for the database before anything is made there.</summary>
internal static class DataFolder
{
    /// <returns>Why <paramref name="file"/> cannot be kept where it is to be; null where it can.</returns>
    public static string? FaultOf(string file)
    {
        if (Directory.Exists(file))
        {
            return $"{file} is a folder; name a file in it";
        }

        var folder = Path.GetDirectoryName(file);
        while (folder is not null && !Directory.Exists(folder))
        {
            if (File.Exists(folder))
            {
                return $"{folder} is a file, and no folder";
            }

            folder = Path.GetDirectoryName(folder);
        }

        return folder is null ? $"there is no {Path.GetPathRoot(file)}" : FaultOfWriting(folder);
    }

    // Only an attempt tells: permissions, read-only mounts and quotas are too many to ask for.
    private static string? FaultOfWriting(string folder)
    {
        try
        {
            using var attempt = new FileStream(
                Path.Combine(folder, Path.GetRandomFileName()),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.DeleteOnClose,
                }
            );
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"the folder {folder} cannot be written: {exception.Message}";
        }
    }
}
