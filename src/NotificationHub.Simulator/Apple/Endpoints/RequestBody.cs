using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A JSON object that is read strictly: wrong types and unknown members are errors.</summary>
internal sealed class RequestBody(JsonElement root)
{
    public static RequestBody None { get; } = new(default);

    public static async Task<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw AppleException.ForViolation(AppleErrors.WrongContentType, "the content type is not application/json");
        }

        try
        {
            var root = await JsonSerializer.DeserializeAsync<JsonElement>(
                request.Body,
                cancellationToken: cancellationToken
            );
            return root.ValueKind == JsonValueKind.Object ? new RequestBody(root) : throw Bad("body");
        }
        catch (JsonException)
        {
            throw Bad("body");
        }
    }

    public void Allow(params IReadOnlyList<string> names)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw AppleException.ForViolation(
                    AppleErrors.InvalidArgument,
                    $"unknown member of the body: {member.Name}"
                );
            }
        }
    }

    /// <summary>Rejects a list that is too long or contains an item twice.</summary>
    public static void CheckItems<T>(IReadOnlyList<T> items, int limit, int tooMany, int duplicate)
    {
        if (items.Count > limit)
        {
            throw AppleException.ForViolation(tooMany, $"{items.Count} items, but at most {limit} are allowed");
        }

        if (items.Distinct().Count() < items.Count)
        {
            throw AppleException.ForViolation(duplicate, "the list contains an item twice");
        }
    }

    public string? Text(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Bad(name);

    public bool? Flag(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Bad(name);

    public RequestBody? Object(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new RequestBody(value)
        : throw Bad(name);

    public IReadOnlyList<RequestBody>? Objects(string name) =>
        Items(name)
            ?.Select(item => item.ValueKind == JsonValueKind.Object ? new RequestBody(item) : throw Bad(name))
            .ToList();

    public IReadOnlyList<string>? Texts(string name) =>
        Items(name)
            ?.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Bad(name))
            .ToList();

    public IReadOnlyList<long>? Numbers(string name) =>
        Items(name)
            ?.Select(item =>
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : throw Bad(name)
            )
            .ToList();

    private JsonElement.ArrayEnumerator? Items(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : throw Bad(name);

    private JsonElement? Member(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static AppleException Bad(string name) =>
        AppleException.ForViolation(AppleErrors.InvalidArgument, $"invalid value in the body: {name}");
}
