using System.Globalization;
using System.Runtime.CompilerServices;

namespace NotificationHub.Hosting;

// Makes the hub format and compare text alike on every machine. Invariant globalization is not an option: SqlClient needs culture data
// for SQL Server's collations.
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
