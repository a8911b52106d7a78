using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>Reads one complete response. Apple: Handling Error Responses.</summary>
internal sealed class AnswerReader(
    AppleCall call,
    HttpResponseMessage response,
    ReadOnlyMemory<byte> body,
    TimeProvider time
)
{
    public T Read<T>(JsonTypeInfo<T> answerType)
        where T : AppleAnswer
    {
        if (!response.IsSuccessStatusCode)
        {
            throw Refusal(Parse(AnswerJsonContext.Default.ErrorAnswer));
        }

        var answer =
            Parse(answerType)
            ?? throw (IsMeantAsJsonObject ? Malformed("not the JSON that Apple documents") : NotOfThisApi());

        // Observed at Apple: 200 with errorNumber 9622 for an unknown token.
        return answer.ErrorNumber is not (null or 0) ? throw Refusal(answer)
            : AnswerRules.FindFault(answer, call) is { } fault ? throw Malformed(fault)
            : answer;
    }

    private bool IsMeantAsJsonObject => WithoutByteOrderMark(body.Span).TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private T? Parse<T>(JsonTypeInfo<T> type)
        where T : AppleAnswer
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

    private AppleException Refusal(AppleAnswer? answer)
    {
        var number = answer?.ErrorNumber is 0 ? null : answer?.ErrorNumber;
        var kind = ErrorKinds.From(number, response.StatusCode);
        if (number is null && MayBeAProxys(kind, isJson: answer is not null))
        {
            return NotOfThisApi();
        }

        var error = number is null ? "" : $" {number}";
        return new AppleException(kind, $"Apple returned {(int)response.StatusCode} for {call.Name}:{error} {kind}.")
        {
            ErrorNumber = number,
            ErrorMessage = answer?.ErrorMessage is { Length: > 0 } text ? call.Clean(text) : null,
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
            ErrorInfo = answer?.ErrorInfo,
        };
    }

    // A proxy's 401 or any other page that is not JSON says nothing about the content token.
    private bool MayBeAProxys(AppleErrorKind kind, bool isJson) =>
        kind switch
        {
            AppleErrorKind.Unavailable or AppleErrorKind.Throttled => false,
            AppleErrorKind.TokenInvalid => true,
            _ => !isJson && body.Length > 0,
        };

    private AppleException Malformed(string fault) =>
        new(
            AppleErrorKind.Malformed,
            $"The response to {call.Name} is malformed: {fault} (status {(int)response.StatusCode}, {body.Length} bytes)."
        )
        {
            Malformation = fault,
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
