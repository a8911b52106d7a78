using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

/// <summary>Reads one complete answer. Apple: Handling Error Responses.</summary>
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

        var answer = Parse(answerType) ?? throw NotOfThisApi();

        // Seen in the wild: 200 with errorNumber 9622 for an unknown token.
        return answer.ErrorNumber is null or 0 ? answer : throw Refusal(answer);
    }

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
        var kind = ErrorKinds.Of(answer?.ErrorNumber, response.StatusCode);

        // A 4xx page is a proxy's, not Apple's: above all it says nothing about the content token.
        if (answer is null && body.Length > 0 && kind is not (AppleErrorKind.Unavailable or AppleErrorKind.Throttled))
        {
            return NotOfThisApi();
        }

        var text = call.Clean($"{answer?.ErrorNumber} {answer?.ErrorMessage}".Trim());
        var message = $"Apple answered {(int)response.StatusCode} to {call.Name}";
        return new AppleException(kind, text.Length == 0 ? message + "." : $"{message}: {text}")
        {
            ErrorNumber = answer?.ErrorNumber,
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
            ErrorInfo = answer?.ErrorInfo,
        };
    }

    private AppleException NotOfThisApi()
    {
        var contentType = call.Clean(response.Content.Headers.ContentType?.MediaType ?? "no content type");
        return new AppleException(
            AppleErrorKind.Protocol,
            $"The answer to {call.Name} is not the JSON that Apple documents "
                + $"(status {(int)response.StatusCode}, {contentType}, {body.Length} bytes)."
        )
        {
            HttpStatusCode = response.StatusCode,
            RetryAfter = RetryAfter.Read(response.Headers, time),
        };
    }
}
