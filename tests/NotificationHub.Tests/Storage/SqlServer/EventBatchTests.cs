using System.Reflection;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

public sealed class EventBatchTests
{
    [Fact]
    public void Each_event_has_its_own_part_of_the_data_and_its_index()
    {
        var (rows, data) = Send(Changed("a", [1, 2, 3]), Changed("b", []), Changed("c", data: null), Changed("d", [4]));

        data.ShouldBe([1, 2, 3, 4]);
        rows.Select(row => row.GetProperty("index").GetInt32()).ShouldBe([0, 1, 2, 3]);
        rows.Select(row => (Number(row, "start"), Number(row, "length")))
            .ShouldBe([
                (1, 3),
                (4, 0),
                // Null in the log: its data is a notification's body.
                (null, null),
                (4, 1),
            ]);
    }

    [Fact]
    public void Missing_members_of_an_event_are_null_in_the_log()
    {
        var (rows, _) = Send(
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                NotificationSeq = 5,
                CreatedAt = At(7),
            }
        );

        var row = rows.Single();
        row.GetProperty("notification").GetInt64().ShouldBe(5);
        row.GetProperty("topic").GetString().ShouldBe("assets");
        foreach (
            var name in (string[])["location", "subject", "action", "cause", "adamId", "correlation", "traceparent"]
        )
        {
            row.GetProperty(name).ValueKind.ShouldBe(JsonValueKind.Null);
        }
    }

    private static NewEvent Changed(string subject, byte[]? data) =>
        new()
        {
            Type = EventNames.AssetChanged,
            Subject = subject,
            Data = data,
            CreatedAt = At(1),
        };

    private static int? Number(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    private static (IReadOnlyList<JsonElement> Rows, byte[] Data) Send(params NewEvent[] events)
    {
        var parameters = EventBatch.ToParameters(events, TimeSpan.FromSeconds(2));
        Value<int>(parameters, "Patience").ShouldBe(2_000);
        var rows = JsonDocument.Parse(Value<string>(parameters, "Rows")).RootElement.EnumerateArray();
        return ([.. rows], Value<Blob>(parameters, "Data").Bytes.ToArray());
    }

    private static T Value<T>(object parameters, string name) =>
        (T)parameters.GetType().GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!.GetValue(parameters)!;
}
