using System.Security.Cryptography;
using System.Text;

namespace NotificationHub.Simulator.Apple.State;

internal static class IdHash
{
    /// <summary>Standard base64, so that <c>/</c>, <c>+</c> and <c>=</c> occur as they do at Apple.</summary>
    public static string Of(string account) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(account)));
}
