using System.Globalization;
using System.Runtime.CompilerServices;

namespace NotificationHub.Tests;

internal static class Culture
{
#pragma warning disable CA2255 // The tests are a program: as the hub's own, they write alike on every machine.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void Set()
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    }
}
