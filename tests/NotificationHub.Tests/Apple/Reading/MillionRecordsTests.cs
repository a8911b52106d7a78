using System.Globalization;
using System.Text;
using System.Web;

namespace NotificationHub.Tests.Apple.Reading;

public sealed class MillionRecordsTests : ListTest
{
    private const int Pages = 1000;
    private const int PageSize = 1000;

    // Of each page, the test follows one record. The list keeps the pages that it reads ahead, and recent keys.
    private const int LivePages = 10;
    private const int LiveKeys = 70;

    [Fact]
    public async Task A_million_assignments_are_read_in_constant_memory()
    {
        var records = new List<WeakReference>();
        var keys = new List<WeakReference>();
        var count = 0;

        await WithSession(
            new ManyAssignments(),
            async session =>
            {
                await foreach (var assignment in session.ListAssignmentsAsync())
                {
                    if (count++ % PageSize == 0)
                    {
                        records.Add(new WeakReference(assignment));
                        keys.Add(new WeakReference(assignment.SerialNumber));
                    }

                    if (count % (Pages * PageSize / 4) == 0)
                    {
                        GC.Collect();
                        records.Count(one => one.IsAlive).ShouldBeLessThan(LivePages);
                        keys.Count(one => one.IsAlive).ShouldBeLessThan(LiveKeys);
                    }
                }

                return true;
            }
        );

        count.ShouldBe(Pages * PageSize);
        records.Count.ShouldBe(Pages);
    }

    private sealed class ManyAssignments : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var isPage = request.RequestUri!.AbsolutePath.EndsWith("/assignments", StringComparison.Ordinal);
            var index = HttpUtility.ParseQueryString(request.RequestUri.Query)["pageIndex"] ?? "0";
            return Task.FromResult(
                new HttpResponseMessage
                {
                    Content = isPage
                        ? new ByteArrayContent(Write(int.Parse(index, CultureInfo.InvariantCulture)))
                        : new StringContent("""{"limits":{"maxRequestPerSecond":1000}}"""),
                    RequestMessage = request,
                }
            );
        }

        private static byte[] Write(int index)
        {
            var json = new StringBuilder();
            json.Append(
                CultureInfo.InvariantCulture,
                $"{{\"currentPageIndex\":{index},\"totalPages\":{Pages},\"versionId\":\"v1\","
            );
            json.Append(index + 1 < Pages ? $"\"nextPageIndex\":{index + 1}," : "").Append("\"assignments\":[");
            for (var i = 0; i < PageSize; i++)
            {
                json.Append(
                    CultureInfo.InvariantCulture,
                    $"{(i == 0 ? "" : ",")}{{\"adamId\":\"{index}\",\"pricingParam\":\"STDQ\",\"serialNumber\":\"S{i}\"}}"
                );
            }

            return Encoding.UTF8.GetBytes(json.Append("]}").ToString());
        }
    }
}
