using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>Measures one request. Disposing it ends the measurement.</summary>
internal sealed class RequestObservation(
    Activity? activity,
    Histogram<double> durations,
    TagList tags,
    TimeProvider time
) : IDisposable
{
    private readonly long start = time.GetTimestamp();

    public void Responded(HttpResponseMessage response)
    {
        Add("http.response.status_code", (int)response.StatusCode);
        Add(
            "network.protocol.version",
            response.Version is { Major: >= 2, Minor: 0 } version ? $"{version.Major}" : response.Version.ToString()
        );
    }

    public void Failed(Exception exception)
    {
        Add("error.type", TypeOf(exception));
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose()
    {
        // While the activity is current, so that exemplars refer to it.
        durations.Record(time.GetElapsedTime(start).TotalSeconds, tags);
        activity?.Dispose();
    }

    // Apple's number says more than the status, and some errors have status 200.
    private static string TypeOf(Exception exception) =>
        exception switch
        {
            AppleException { ErrorNumber: { } number } => number.ToString(CultureInfo.InvariantCulture),
            AppleException { HttpStatusCode: >= System.Net.HttpStatusCode.BadRequest and { } status } =>
                $"{(int)status}",
            AppleException { InnerException: OperationCanceledException } => "timeout",
            AppleException
            {
                InnerException: HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } inner
            } => Snake(inner.HttpRequestError),
            AppleException apple => Snake(apple.Kind),
            _ => exception.GetType().FullName!,
        };

    private static string Snake(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private void Add(string name, object value)
    {
        tags.Add(name, value);
        activity?.SetTag(name, value);
    }
}
