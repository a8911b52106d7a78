using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.Routing;

namespace NotificationHub.Tests.Routing;

/// <summary>The fast reader of usual notifications and the thorough reader agree on every body.</summary>
public sealed class UsualNotificationTests
{
    private const int MutationsPerBody = 400;

    private static readonly NotificationRouter Router = new(NotificationRoutes.All);
    private static readonly RoutedLocation Location = new(UId: null, Refetches: true);

    private static readonly string[] Values =
    [
        "null",
        "\"\"",
        "\"a\"",
        "\"SUCCESS\"",
        "\"FAILURE\"",
        "\"\\ud800\"",
        "-0",
        "0",
        "1.0",
        "1e3",
        "12345678901234567890",
        "9999999999999999999",
        "true",
        "[]",
        "[null]",
        "{}",
        "[{}]",
        $"\"{new string('7', 256)}\"",
    ];

    public static TheoryData<string> Bodies => [.. PayloadCorpus.All];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Both_readers_agree_on_a_recorded_body_and_its_mutations(string file)
    {
        var body = PayloadCorpus.Read(file);
        ShouldAgree(body);
        var random = new Random(body.Length);
        for (var mutation = 0; mutation < MutationsPerBody; mutation++)
        {
            ShouldAgree(mutation % 2 == 0 ? MutateBytes(body, random) : MutateMember(body, random));
        }
    }

    [Theory]
    [InlineData("ASSET_MANAGEMENT")]
    [InlineData("ASSET_COUNT")]
    [InlineData("USER_MANAGEMENT")]
    [InlineData("SUBSCRIPTION_COUNT")]
    [InlineData("SUBSCRIPTION_MANAGEMENT")]
    public void Apples_examples_are_read_by_the_fast_reader(string type)
    {
        var route = NotificationRoutes.All.Single(route => route.Type == type);

        PayloadCorpus
            .Good.Where(file => Path.GetDirectoryName(file) == type)
            .ShouldContain(file => route.ReadUsual(PayloadCorpus.Read(file)) != null);
    }

    private static void ShouldAgree(byte[] body)
    {
        var entry = PayloadCorpus.Entry(body, seq: 42);
        Describe(Router.RouteAccepted(entry, Location))
            .ShouldBe(Describe(Router.RouteThoroughly(entry, Location)), Encoding.UTF8.GetString(body));
    }

    private static string Describe(RoutedNotification routed) => JsonSerializer.Serialize(routed);

    private static byte[] MutateBytes(byte[] body, Random random)
    {
        byte[] mutated = [.. body, (byte)' '];
        mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
        return mutated;
    }

    // Replaces, removes, repeats or adds a member somewhere in the body.
    private static byte[] MutateMember(byte[] body, Random random)
    {
        if (TryParse(body) is not { } root)
        {
            return MutateBytes(body, random);
        }

        List<JsonObject> objects = [.. Objects(root)];
        var target = objects[random.Next(objects.Count)];
        if (target.Count == 0)
        {
            target["added"] = 1;
            return Encoding.UTF8.GetBytes(root.ToJsonString());
        }

        var name = target.ElementAt(random.Next(target.Count)).Key;
        switch (random.Next(4))
        {
            case 0:
                target.Remove(name);
                return Encoding.UTF8.GetBytes(root.ToJsonString());
            case 1:
                target["added"] = 1;
                return Encoding.UTF8.GetBytes(root.ToJsonString());
            default:
                target[name] = "PLACE";
                var repeated = random.Next(4) == 0 ? $",\"{name}\":\"x\"" : "";
                return Encoding.UTF8.GetBytes(
                    root.ToJsonString()
                        .Replace("\"PLACE\"", Values[random.Next(Values.Length)] + repeated, StringComparison.Ordinal)
                );
        }
    }

    private static JsonNode? TryParse(byte[] body)
    {
        try
        {
            return
                JsonNode.Parse(body) is JsonObject root
                && root.ToJsonString().Length > 0
                && Objects(root).ToList() is not []
                ? root
                : null;
        }
        // Repeated members, and texts that are not Unicode.
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) =>
        node switch
        {
            JsonObject one => one.SelectMany(member => Objects(member.Value)).Prepend(one),
            JsonArray list => list.SelectMany(Objects),
            _ => [],
        };
}
