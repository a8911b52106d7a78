using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>The baselines: ASP.NET endpoints that do the least, with or without the body on disk before the response.</summary>
internal static class BareServers
{
    private const int MaxBatch = 512;

    /// <summary>Responds and stores nothing.</summary>
    public static WebApplication Nothing()
    {
        var app = NewApp();
        app.MapPost(
            "/deliveries",
            async (HttpContext context) =>
            {
                await ReadAsync(context);
            }
        );
        return app;
    }

    /// <summary>Commits each request in its own transaction, on its own connection.</summary>
    public static WebApplication OneTransactionPerRequest(string file)
    {
        CreateTable(file);
        var app = NewApp();
        app.MapPost(
            "/deliveries",
            async (HttpContext context) =>
            {
                var body = await ReadAsync(context);
                await using var connection = await OpenAsync(file);
                await using var insert = NewInsert(connection);
                insert.Parameters[0].Value = body;
                await insert.ExecuteNonQueryAsync(context.RequestAborted);
            }
        );
        return app;
    }

    /// <summary>Commits all queued requests as one transaction of a single writer.</summary>
    public static WebApplication GroupCommit(string file)
    {
        CreateTable(file);
        var queue = Channel.CreateUnbounded<(byte[] Body, TaskCompletionSource Stored)>(
            new UnboundedChannelOptions { SingleReader = true }
        );
        new Thread(() => WriteAsync(file, queue.Reader).GetAwaiter().GetResult()) { IsBackground = true }.Start();
        var app = NewApp();
        app.MapPost(
            "/deliveries",
            async (HttpContext context) =>
            {
                var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                queue.Writer.TryWrite((await ReadAsync(context), stored));
                await stored.Task;
            }
        );
        return app;
    }

    private static async Task WriteAsync(string file, ChannelReader<(byte[] Body, TaskCompletionSource Stored)> queue)
    {
        await using var connection = await OpenAsync(file);
        await using var insert = NewInsert(connection);
        await insert.PrepareAsync();
        List<TaskCompletionSource> waiting = [];
        while (await queue.WaitToReadAsync())
        {
            await using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            while (waiting.Count < MaxBatch && queue.TryRead(out var delivery))
            {
                insert.Parameters[0].Value = delivery.Body;
                insert.ExecuteNonQuery();
                waiting.Add(delivery.Stored);
            }

            transaction.Commit();
            waiting.ForEach(stored => stored.SetResult());
            waiting.Clear();
        }
    }

    private static WebApplication NewApp()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        var body = new byte[(int)context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        return body;
    }

    private static void CreateTable(string file)
    {
        using var connection = OpenAsync(file).GetAwaiter().GetResult();
        using var command = connection.CreateCommand();
        command.CommandText = "create table delivery (seq integer primary key autoincrement, body blob not null)";
        command.ExecuteNonQuery();
    }

    private static async Task<SqliteConnection> OpenAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static SqliteCommand NewInsert(SqliteConnection connection)
    {
        var insert = connection.CreateCommand();
        insert.CommandText = "insert into delivery (body) values ($body)";
        insert.Parameters.Add("$body", SqliteType.Blob);
        return insert;
    }
}
