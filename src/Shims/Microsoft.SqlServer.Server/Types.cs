// Microsoft.Data.SqlClient depends on the package Microsoft.SqlServer.Server: four types for CLR user-defined types, which the hub
// does not use, but which SqlClient looks at for every command that has parameters. Not every feed has that package. NuGet lets a
// project of a package's name and version take its place. This one can go as soon as the package restores wherever the hub is built.

namespace Microsoft.SqlServer.Server;

public enum Format
{
    Unknown = 0,
    Native = 1,
    UserDefined = 2,
}

public interface IBinarySerialize
{
    void Read(BinaryReader r);

    void Write(BinaryWriter w);
}

#pragma warning disable CA1032, RCS1194 // The shape is the package's.
public sealed class InvalidUdtException : SystemException
#pragma warning restore CA1032, RCS1194
{
    private InvalidUdtException(string message)
        : base(message) { }

    public static InvalidUdtException Create(Type udtType, string resourceReason = "") =>
        new($"'{udtType.FullName}' is not a usable SQL user-defined type. {resourceReason}");
}

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, AllowMultiple = false, Inherited = true)]
public sealed class SqlUserDefinedTypeAttribute(Format format) : Attribute
{
    public Format Format => format;

    public bool IsByteOrdered { get; set; }

    public bool IsFixedLength { get; set; }

    public int MaxByteSize { get; set; }

    public string? Name { get; set; }

    public string? ValidationMethodName { get; set; }
}
