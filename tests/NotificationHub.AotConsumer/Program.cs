using System.Text.Json;
using NotificationHub.Events;

// Reads events from standard input, one per line, and fails unless each becomes the same typed event again.
var count = 0;
while (Console.ReadLine() is { } line)
{
    var read = EventReader.Read(line);
    var again = EventReader.Read(JsonSerializer.Serialize(read, read.GetType(), EventJsonContext.Wire));
    if (
        read is CloudEvent<JsonElement>
        || read.GetType() != again.GetType()
        || JsonSerializer.Serialize(again, again.GetType(), EventJsonContext.Wire)
            != JsonSerializer.Serialize(read, read.GetType(), EventJsonContext.Wire)
    )
    {
        Console.Error.WriteLine($"Not readable as a typed event: {read.Type}.");
        return 1;
    }

    count++;
}

Console.WriteLine($"{count} events read in native code.");
return count > 0 ? 0 : 1;
