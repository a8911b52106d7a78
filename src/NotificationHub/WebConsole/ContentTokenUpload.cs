namespace NotificationHub.WebConsole;

/// <summary>Reads the content token that a form sends, as a file or as pasted text.</summary>
internal static class ContentTokenUpload
{
    /// <returns>Null if the form contains neither.</returns>
    public static async Task<string?> ReadAsync(IFormFile? file, string? text, CancellationToken cancellationToken)
    {
        // A browser sends an empty file if none was chosen.
        if (file is not { Length: > 0 })
        {
            return string.IsNullOrWhiteSpace(text) ? null : text;
        }

        using var reader = new StreamReader(file.OpenReadStream());
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
