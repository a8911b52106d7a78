using System.Text;

namespace NotificationHub.Tests.Secrecy;

/// <summary>Proves that the search finds every encoding.</summary>
public sealed class MarkedSecretTests
{
    private const string Secret = "marked+secret/4711=";

    public static TheoryData<string> Encodings =>
        [
            $"key={Secret}.",
            $"x%3D{Uri.EscapeDataString(Secret)}",
            $"x%3d{Uri.EscapeDataString(Secret).ToLowerInvariant()}",
            System.Text.Json.JsonSerializer.Serialize(new { key = Secret }),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)),
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"k{Secret}")),
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"ke{Secret}&more")),
            System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"key:{Secret};")),
            Convert.ToHexString(Encoding.UTF8.GetBytes($"-{Secret}-")),
            Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"-{Secret}-")),
            Encoding.Latin1.GetString(Encoding.Unicode.GetBytes($"-{Secret}-")),
        ];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_secret_is_found_in_every_encoding(string encoding) =>
        new MarkedSecret("key", Secret).IsIn(encoding).ShouldBeTrue();

    [Fact]
    public void The_digest_of_a_secret_is_not_reported() =>
        new MarkedSecret("key", Secret)
            .IsIn(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Secret))))
            .ShouldBeFalse();
}
