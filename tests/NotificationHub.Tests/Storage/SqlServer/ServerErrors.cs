using System.Reflection;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Creates SqlClient errors, which have no public constructor.</summary>
internal static class ServerErrors
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static SqlException Of(int number, byte severity = 16)
    {
        var make = typeof(SqlError).GetConstructors(Hidden).MaxBy(constructor => constructor.GetParameters().Length)!;
        var error = make.Invoke([
            .. make.GetParameters()
                .Select(parameter =>
                    parameter.Name switch
                    {
                        "infoNumber" => number,
                        "errorClass" => severity,
                        "errorMessage" => $"error {number}",
                        _ when parameter.HasDefaultValue => parameter.DefaultValue,
                        _ when parameter.ParameterType == typeof(string) => "",
                        _ when parameter.ParameterType.IsValueType => Activator.CreateInstance(parameter.ParameterType),
                        _ => null,
                    }
                ),
        ]);
        var errors = (SqlErrorCollection)Activator.CreateInstance(typeof(SqlErrorCollection), nonPublic: true)!;
        typeof(SqlErrorCollection).GetMethod("Add", Hidden)!.Invoke(errors, [error]);
        var create = typeof(SqlException)
            .GetMethods(Hidden)
            .First(method =>
                method.Name == "CreateException"
                && method.GetParameters() is [{ } first, { } second]
                && first.ParameterType == typeof(SqlErrorCollection)
                && second.ParameterType == typeof(string)
            );
        return (SqlException)create.Invoke(null, [errors, "16.0.0"])!;
    }
}
