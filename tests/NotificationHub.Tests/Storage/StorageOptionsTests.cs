using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public sealed class StorageOptionsTests
{
    [Theory]
    [InlineData("Data Source=hub.db", true)]
    [InlineData("Data Source=data/hub.db;Mode=ReadWrite", true)]
    [InlineData("Data Source=:memory:", false)]
    [InlineData("Data Source=x;Mode=Memory", false)]
    [InlineData("Data Source=x;Mode=ReadOnly", false)]
    [InlineData("Data Source=file:x?mode=memory", false)]
    [InlineData("Data Source=FILE:x.db", false)]
    [InlineData("Data Source=", false)]
    [InlineData("Bogus=1", false)]
    public void The_database_must_be_a_writable_file(string connectionString, bool accepted) =>
        new StorageOptionsValidator()
            .Validate(new StorageOptions { ConnectionString = connectionString })
            .IsValid.ShouldBe(accepted);
}
