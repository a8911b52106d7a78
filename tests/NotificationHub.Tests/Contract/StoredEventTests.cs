using System.Text;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Contract;

/// <summary>The validation of all tests' events detects an invalid event.</summary>
public sealed class StoredEventTests
{
    private const string Valid = """
        {"before":null,"after":{"adamId":"1","pricingParam":"STDQ"},"change":"added","cause":"notification"}
        """;

    [Theory]
    [InlineData("\"adamId\":\"1\"", "\"adamId\":1", "adamId")]
    [InlineData("\"adamId\":\"1\",", "", "adamId")]
    [InlineData("\"before\":null,", "", "before")]
    [InlineData("\"added\"", "\"moved\"", "change")]
    public async Task A_stored_event_that_violates_its_schema_is_reported(
        string member,
        string changed,
        string reported
    )
    {
        await using var test = await TestDatabase.OpenAsync();
        await AppendAsync(test, Valid);
        (await StoredEvents.FindViolationsAsync(test.File)).ShouldBeEmpty();

        await AppendAsync(test, Valid.Replace(member, changed, StringComparison.Ordinal));

        (await StoredEvents.FindViolationsAsync(test.File)).ShouldHaveSingleItem().ShouldContain(reported);
        StoredEvents.ExcludeAll(test.Database);
    }

    [Fact]
    public async Task A_notification_that_violates_its_schema_is_reported()
    {
        await using var test = await TestDatabase.OpenAsync();
        await AppendAsync(test, Valid, EventNames.AssetCountNotified);

        (await StoredEvents.FindViolationsAsync(test.File)).ShouldNotBeEmpty();
        StoredEvents.ExcludeAll(test.Database);
    }

    private static Task AppendAsync(TestDatabase test, string data, string type = EventNames.AssetChanged) =>
        test.Database.WriteAsync(
            transaction =>
            {
                transaction.AppendEvents([
                    new NewEvent
                    {
                        Type = type,
                        Data = Encoding.UTF8.GetBytes(data),
                        CreatedAt = At(0),
                    },
                ]);
                return Task.CompletedTask;
            },
            CancellationToken.None
        );
}
