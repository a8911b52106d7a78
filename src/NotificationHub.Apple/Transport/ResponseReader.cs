using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>Reads one complete response. Apple: Handling Error Responses.</summary>
internal sealed class ResponseReader(
    AppleCall call,
    HttpResponseMessage response,
    ReadOnlyMemory<byte> body,
    TimeProvider time
)
{
    public T Read<T>(JsonTypeInfo<T> responseType)
        where T : AppleResponse
    {
        if (!response.IsSuccessStatusCode)
        {
            throw CreateError(Parse(ResponseJsonContext.Default.ErrorResponse));
        }

        var content =
            Parse(responseType)
            ?? throw (IsMeantAsJsonObject ? Malformed("not the JSON that Apple documents") : NotOfThisApi());

        // Observed at Apple: 200 with errorNumber 9622 for an unknown token.
        return content.ErrorNumber is not (null or 0) ? throw CreateError(content)
            : ResponseRules.FindMalformation(content, call) is { } malformation ? throw Malformed(malformation)
            : content;
    }

    private bool IsMeantAsJsonObject => WithoutByteOrderMark(body.Span).TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private T? Parse<T>(JsonTypeInfo<T> type)
        where T : AppleResponse
    {
        try
        {
            return JsonSerializer.Deserialize(WithoutByteOrderMark(body.Span), type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> json) =>
        json.StartsWith("\uFEFF"u8) ? json[3..] : json;

    private AppleException CreateError(AppleResponse? content)
    {
        var number = content?.ErrorNumber is 0 ? null : content?.ErrorNumber;
        var kind = ErrorKinds.From(number, response.StatusCode, call.IsWrite);
        if (number is null && MayBeFromProxy(kind, isJson: content is not null))
        {
            return NotOfThisApi();
        }

        var error = number is null ? "" : $" {number}";
        return new AppleException(kind, $"Apple returned {(int)response.StatusCode} for {call.Name}:{error} {kind}.")
        {
            ErrorNumber = number,
            ErrorMessage = content?.ErrorMessage is { Length: > 0 } text ? call.Clean(text) : null,
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
            ErrorInfo = content?.ErrorInfo,
        };
    }

    // A proxy's 401 or any other page that is not JSON says nothing about the content token.
    private bool MayBeFromProxy(AppleErrorKind kind, bool isJson) =>
        kind switch
        {
            AppleErrorKind.Unavailable or AppleErrorKind.Throttled => false,
            AppleErrorKind.TokenInvalid => true,
            _ => !isJson && body.Length > 0,
        };

    private AppleException Malformed(string malformation) =>
        new(
            AppleErrorKind.Malformed,
            $"The response to {call.Name} is malformed: {malformation} (status {(int)response.StatusCode}, {body.Length} bytes)."
        )
        {
            Malformation = malformation,
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
        };

    private AppleException NotOfThisApi()
    {
        var contentType = call.Clean(response.Content.Headers.ContentType?.MediaType ?? "no content type");
        return new AppleException(
            AppleErrorKind.Protocol,
            $"The response to {call.Name} is not the JSON that Apple documents "
                + $"(status {(int)response.StatusCode}, {contentType}, {body.Length} bytes)."
        )
        {
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
        };
    }
}
