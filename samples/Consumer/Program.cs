using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.Events;

// Keeps a copy of a location's assets and assignments in SQLite, from a snapshot and the messages of a subscription.
if (args is not [var hub, var location, var connectionString, var file])
{
    throw new ArgumentException("Specify HUB LOCATION SERVICE_BUS_CONNECTION_STRING DATABASE_FILE.", nameof(args));
}

await using var copy = new SqliteConnection($"Data Source={file}");
await copy.OpenAsync();

// A removed record keeps its revision, without JSON. A kind has the lowest revision that counts.
copy.Execute("create table if not exists record (subject text primary key, revision text, json text)");
copy.Execute("create table if not exists kind (name text primary key, first text)");

using var http = new HttpClient { BaseAddress = new Uri(hub) };
http.DefaultRequestHeaders.Add("X-Api-Key", Environment.GetEnvironmentVariable("HUB_KEY"));
await using var client = new ServiceBusClient(connectionString);
var session = new ServiceBusSessionProcessorOptions { SessionIds = { location } };
await using var processor = client.CreateSessionProcessor("assets", "deployment", session);
processor.ProcessMessageAsync += HandleAsync;
processor.ProcessErrorAsync += error => Console.Error.WriteLineAsync($"{error.ErrorSource}: {error.Exception.Message}");

// The subscription exists, so no event is missed between the snapshot and the first message.
foreach (var kind in ((string[])["asset", "assignment"]).Where(kind => FirstRevision($"{kind}s") is null))
{
    await StartAsync(kind);
}

await processor.StartProcessingAsync();
var stop = new TaskCompletionSource();
Console.CancelKeyPress += (_, pressed) => pressed.Cancel = stop.TrySetResult();
Console.WriteLine($"Copying location {location} to {file}. Press Ctrl+C to stop.");
await stop.Task;

// A crash leaves the kind without a first revision, so that the next start reads the snapshot again.
async Task StartAsync(string kind)
{
    var name = $"{kind}s";
    using var response = await http.GetAsync($"/snapshot/{location}/{kind}");
    var lines = (await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).Split('\n');
    await using var transaction = await copy.BeginTransactionAsync();
    foreach (var line in lines.Where(line => line.Length > 0).Select(line => JsonElement.Parse(line)))
    {
        Store($"{name}/{line.GetProperty("key")}", $"{line.GetProperty("revision")}", $"{line.GetProperty("record")}");
    }

    var sequence = long.Parse(response.Headers.GetValues("NotificationHub-Sequence").Single());
    copy.Execute("insert into kind values (@name, @first)", new { name, first = RevisionGuard.FromSequence(sequence) });
    await transaction.CommitAsync();
}

// The processor completes the message when this returns, and abandons it after any other exception.
async Task HandleAsync(ProcessSessionMessageEventArgs received)
{
    try
    {
        var read = EventReader.Read(received.Message.Body.ToMemory().Span, received.Message.ApplicationProperties);
        // An event that is too large for a message has a reference to the whole event.
        Apply(
            read.DataRef is { } url
                ? EventReader.Read(await http.GetStringAsync(url, received.CancellationToken))
                : read
        );
    }
    catch (JsonException unreadable)
    {
        var token = received.CancellationToken;
        await received.DeadLetterMessageAsync(received.Message, "Unreadable", unreadable.Message, token);
    }
}

void Apply(CloudEvent read)
{
    if (read is CloudEvent<RecordChange<AssetRecord>> { Data: { } asset })
    {
        Change(read, asset.After);
    }
    else if (read is CloudEvent<RecordChange<AssignmentRecord>> { Data: { } assignment })
    {
        Change(read, assignment.After);
    }
    else if (read is CloudEvent<RecordsRestated> { Data: { } restated })
    {
        // The hub was restored from a backup: the records that it did not restate no longer exist.
        var (kind, first) = (read.Subject, restated.FromRevision);
        copy.Execute("update kind set first = max(first, @first) where name = @kind", new { kind, first });
        copy.Execute("delete from record where subject glob @kind || '/*' and revision < @first", new { kind, first });
    }
}

void Change(CloudEvent read, object? after)
{
    var known = copy.ExecuteScalar<string>("select revision from record where subject = @Subject", read);
    if (RevisionGuard.Accepts(read, known, FirstRevision(RevisionGuard.KindOf(read.Subject!))))
    {
        var json = after is null ? null : JsonSerializer.Serialize(after, after.GetType(), EventJsonContext.Wire);
        Store(read.Subject!, read.Revision, json);
    }
}

string? FirstRevision(string name) =>
    copy.ExecuteScalar<string>("select first from kind where name = @name", new { name });

void Store(string subject, string? revision, string? json) =>
    copy.Execute(
        "insert or replace into record values (@subject, @revision, @json)",
        new
        {
            subject,
            revision,
            json,
        }
    );
