using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Storage;

public sealed class UserKeysTests
{
    private static readonly string[] Ids =
    [
        "a",
        "a ",
        "a  ",
        " ",
        "a b",
        "a/b ",
        "a/b",
        "a%",
        "a% ",
        "a%20",
        "a%20 ",
        "a%2520",
        "a%252520",
        "a%25",
        "a%2F",
        "%20",
        "20",
        "a%20b",
    ];

    [Fact]
    public void Every_id_is_restored_from_its_key()
    {
        Ids.Select(id => UserKeys.Parse(UserKeys.Escape(id))).ShouldBe(Ids);
        Ids.Select(id => RecordKeys.ParseAssignment(RecordKeys.Assignment("1/STDQ", RecordKeys.UserHolder(id))).Holder)
            .ShouldBe(Ids.Select(RecordKeys.UserHolder));
        Ids.Select(id => RecordKeys.ParseSubscriptionAssignment(RecordKeys.SubscriptionAssignment("1", id)))
            .ShouldBe(Ids.Select(id => ("1", id)));
    }

    [Fact]
    public void Different_ids_have_different_keys_even_without_trailing_spaces()
    {
        Func<string, string>[] keysOf =
        [
            RecordKeys.User,
            id => RecordKeys.Assignment("1/STDQ", RecordKeys.UserHolder(id)),
            id => RecordKeys.SubscriptionAssignment("1", id),
        ];
        foreach (var keyOf in keysOf)
        {
            var keys = Ids.Select(keyOf).ToList();
            keys.ShouldAllBe(key => !key.EndsWith(' '));
            keys.ShouldBeUnique();
        }
    }

    [Theory]
    [InlineData("a/7%", "1/STDQ/user:a/7%")]
    [InlineData("a ", "1/STDQ/user:a%20")]
    [InlineData("a%20", "1/STDQ/user:a%2520")]
    public void Only_the_end_of_a_holder_is_escaped(string id, string key) =>
        RecordKeys.Assignment("1/STDQ", RecordKeys.UserHolder(id)).ShouldBe(key);
}
