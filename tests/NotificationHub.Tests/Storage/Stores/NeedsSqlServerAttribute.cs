namespace NotificationHub.Tests.Storage.Stores;

/// <summary>The tests of this class run against a SQL Server; where there is none each of them is seen to be skipped, and why.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsSqlServerAttribute : Attribute;
