using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>What happens at Apple without a request of the MDM, over HTTP and without a token: purchases, invitations, faults.</summary>
internal sealed class ControlApi(
    SimulationContext context,
    RequestLog log,
    Func<IReadOnlyCollection<SimulatedLocation>> locations
)
{
    public const string Path = "/simulator";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly Dictionary<string, Func<RequestBody, Fault>> Faults = new(StringComparer.Ordinal)
    {
        ["error"] = body => Fault.Error(ErrorNumber(body), Seconds(body, "retryAfter")),
        ["error-in-200"] = body => Fault.ErrorInside200(ErrorNumber(body)),
        ["event-error"] = body => Fault.EventError(ErrorNumber(body), body.Integer("tasks") ?? int.MaxValue),
        ["slow"] = body => Fault.Slow(Seconds(body, "seconds") ?? TimeSpan.FromSeconds(10)),
        ["abort"] = _ => Fault.Abort(),
        ["lose-response"] = _ => Fault.LoseResponse(),
        ["cut-off"] = _ => Fault.CutOff(),
        ["web-page"] = body => Fault.WebPage(body.Integer("status") ?? 502),
        ["truncated"] = _ => Fault.Malformed(Malformation.Truncated),
        ["no-records"] = _ => Fault.NoRecords(),
    };

    private IReadOnlyList<Command> Commands =>
        [
            new("GET /simulator", [], "lists these commands, the locations and what the client did wrong", Describe),
            new(
                "POST /simulator/faults",
                ["endpoint", "fault", "errorNumber", "retryAfter", "tasks", "seconds", "status", "times", "share"],
                $"injects a fault ({string.Join(", ", FaultNames)}) into the next requests, or with \"times\": 0 into all",
                AddFault
            ),
            new("DELETE /simulator/faults", [], "removes all faults", _ => context.Faults.Clear()),
            new("POST /simulator/limits", ["name", "value"], "changes a limit of Service Config", SetLimit),
            new(
                "POST /simulator/tokens",
                ["location", "state", "readOnly"],
                $"changes the content token ({string.Join(", ", Enum.GetNames<ContentTokenState>())})",
                ChangeToken
            ),
            new(
                "POST /simulator/purchases",
                ["location", "adamId", "pricingParam", "count"],
                "buys licenses of an asset, or returns available ones with a negative count",
                Buy
            ),
            new(
                "POST /simulator/invitations",
                ["location", "clientUserIds"],
                "lets users accept their invitations",
                body => Location(body).AcceptInvitations(body.Texts("clientUserIds") ?? [])
            ),
            new(
                "POST /simulator/subscriptions",
                ["location", "adamId", "renewing", "expiring"],
                "buys a subscription or changes its seats, after POST /subscriptions/enable",
                SetSeats
            ),
            new(
                "POST /simulator/billing-periods",
                ["location"],
                "ends the billing period of all subscriptions",
                body => Location(body).EndBillingPeriods()
            ),
        ];

    public static IEnumerable<string> FaultNames => Faults.Keys;

    public static bool Takes(PathString path) =>
        path.StartsWithSegments(Path, StringComparison.Ordinal)
        || path.Value == InvitationEndpoint.Path
        || MetadataEndpoint.IsIcon(path);

    public async Task HandleAsync(HttpContext http)
    {
        if (MetadataEndpoint.IsIcon(http.Request.Path))
        {
            await MetadataEndpoint.SendIconAsync(http);
            return;
        }

        var (status, response) = await RespondAsync(http);
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(response, Indented, http.RequestAborted);
    }

    private async Task<(int Status, JsonObject Response)> RespondAsync(HttpContext http)
    {
        if (http.Request.Path.Value == InvitationEndpoint.Path)
        {
            return InvitationEndpoint.Accept(http.Request.Query["inviteCode"].ToString(), locations()) is { } user
                ? (StatusCodes.Status200OK, new JsonObject { ["accepted"] = user })
                : Error(StatusCodes.Status404NotFound, "no active user has this inviteCode");
        }

        var name = $"{http.Request.Method} {http.Request.Path.Value}";
        if (Commands.FirstOrDefault(command => command.Name == name) is not { } command)
        {
            return Error(StatusCodes.Status404NotFound, $"{name} does not exist. GET {Path} lists the commands.");
        }

        try
        {
            var body = RequestBody.None;
            if (command.Members.Count > 0)
            {
                body = await RequestBody.ReadAsync(http.Request, http.RequestAborted);
                body.Allow(command.Members);
            }

            return (StatusCodes.Status200OK, command.Run(body) ?? []);
        }
        catch (AppleException refused)
        {
            return Error(StatusCodes.Status400BadRequest, refused.Violation ?? refused.Message);
        }
        catch (ArgumentOutOfRangeException)
        {
            return Error(StatusCodes.Status400BadRequest, "only available licenses can be returned");
        }
    }

    private static (int Status, JsonObject Response) Error(int status, string error) =>
        (status, new JsonObject { ["error"] = error });

    private JsonObject Describe(RequestBody body) =>
        new()
        {
            ["commands"] = new JsonObject(
                Commands.Select(command =>
                    KeyValuePair.Create(
                        command.Name,
                        (JsonNode?)
                            new JsonObject
                            {
                                ["purpose"] = command.Purpose,
                                ["members"] = new JsonArray([
                                    .. command.Members.Select(member => JsonValue.Create(member)),
                                ]),
                            }
                    )
                )
            ),
            ["locations"] = new JsonArray([.. locations().Select(location => JsonValue.Create(location.UId))]),
            ["requests"] = log.Total,
            ["violations"] = new JsonArray([
                .. context.Violations.Found.Select(violation => JsonValue.Create(violation)),
            ]),
        };

    private void AddFault(RequestBody body)
    {
        var name = Required(body.Text("fault"), "fault");
        var fault = Faults.GetValueOrDefault(name)?.Invoke(body) ?? throw Bad($"there is no fault {name}");
        var endpoint = body.Text("endpoint") ?? SimulatedAppleFaults.AnyEndpoint;
        if ((body.Integer("times") ?? 1) is > 0 and var times)
        {
            context.Faults.Next(endpoint, [.. Enumerable.Repeat(fault, times)]);
        }
        else
        {
            context.Faults.Always(endpoint, fault, body.Fraction("share") ?? 1);
        }
    }

    private void SetLimit(RequestBody body) =>
        context.Limits[Required(body.Text("name"), "name")] = body.Integer("value");

    private void ChangeToken(RequestBody body)
    {
        var token = Location(body).ContentToken;
        token.IsReadOnly = body.Flag("readOnly") ?? token.IsReadOnly;
        if (body.Text("state") is { } state)
        {
            token.State = Enum.TryParse<ContentTokenState>(state, out var parsed)
                ? parsed
                : throw Bad($"there is no state {state}");
        }
    }

    private void Buy(RequestBody body)
    {
        var location = Location(body);
        var key = new State.AssetKey(Required(body.Text("adamId"), "adamId"), body.Text("pricingParam") ?? "STDQ");
        if (!location.Records.Current.Assets.ContainsKey(key))
        {
            location.AddAsset(key.AdamId, key.PricingParam, total: 0);
        }

        location.ChangeAssetCount(key.AdamId, body.Integer("count") ?? 1, key.PricingParam);
    }

    private void SetSeats(RequestBody body)
    {
        var location = Location(body);
        var adamId = Required(body.Long("adamId"), "adamId");
        if (!location.ContentToken.ManagesSubscriptions)
        {
            throw Bad("subscription management is not enabled: POST /subscriptions/enable");
        }

        if (!location.Records.Current.Subscriptions.ContainsKey(adamId))
        {
            location.AddSubscription(adamId, renewing: 0);
        }

        location.SetSubscriptionSeats(adamId, body.Integer("renewing") ?? 0, body.Integer("expiring") ?? 0);
    }

    private SimulatedLocation Location(RequestBody body) =>
        body.Text("location") is not { } uId
            ? locations().First()
            : locations().FirstOrDefault(location => location.UId == uId) ?? throw Bad($"there is no location {uId}");

    private static int ErrorNumber(RequestBody body) => Required(body.Integer("errorNumber"), "errorNumber");

    private static TimeSpan? Seconds(RequestBody body, string name) =>
        body.Fraction(name) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private static T Required<T>(T? value, string name)
        where T : class => value ?? throw Bad($"{name} is missing");

    private static T Required<T>(T? value, string name)
        where T : struct => value ?? throw Bad($"{name} is missing");

    private static AppleException Bad(string error) => AppleException.ForViolation(AppleErrors.InvalidArgument, error);

    private sealed record Command(
        string Name,
        IReadOnlyList<string> Members,
        string Purpose,
        Func<RequestBody, JsonObject?> Run
    )
    {
        public Command(string name, IReadOnlyList<string> members, string purpose, Action<RequestBody> run)
            : this(
                name,
                members,
                purpose,
                body =>
                {
                    run(body);
                    return null;
                }
            ) { }
    }
}
