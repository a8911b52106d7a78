using System.Globalization;
using System.Runtime.CompilerServices;

namespace NotificationHub.Hosting;

/// <summary>
/// SqlClient needs the machine's culture data to read SQL Server's collations, so there are cultures; the hub is to write and compare alike on
/// every machine.
/// </summary>
internal static class InvariantCultureInitializer
{
    [ModuleInitializer]
    internal static void Set()
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
    }
}
