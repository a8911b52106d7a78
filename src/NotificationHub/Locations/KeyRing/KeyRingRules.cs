using FluentValidation;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Which rings are safe to run with.</summary>
internal static class KeyRingRules
{
    private const string NoKey =
        "must be the identifier of a key in a Key Vault, such as https://contoso.vault.azure.net/keys/key-ring";

    public static KeyRingStore StoreOf(LocationOptions locations, StorageOptions storage) =>
        locations.KeyRingIn ?? (storage.IsSqlServer ? KeyRingStore.Database : KeyRingStore.Folder);

    /// <summary>Outside Development, refuses a ring that is open to readers of the database, and one that replicas would not share.</summary>
    public static void JudgeKeyRing(this HubBuilder hub, LocationOptions locations, StorageOptions storage)
    {
        if (hub.Environment.IsDevelopment())
        {
            return;
        }

        const string setting = $"{LocationOptions.Section}:{nameof(LocationOptions.KeyRingIn)}";
        if (StoreOf(locations, storage) == KeyRingStore.Database)
        {
            if (!locations.IsKeyRingWrapped)
            {
                hub.AddFault(
                    setting,
                    "a key ring in the database must be wrapped, or whoever reads the database reads the content tokens, too: set "
                        + "Locations:KeyRingKeyVaultKey (the identifier of a key) or Locations:KeyRingCertificate (a PEM or PFX file with its private key)"
                );
            }
        }
        else if (storage.IsSqlServer && !locations.AllowKeyRingFolder)
        {
            hub.AddFault(
                setting,
                "replicas on SQL Server do not share a folder: leave it out, so that the key ring is kept in the database, or set "
                    + "Locations:AllowKeyRingFolder=true where one hub only runs, or all of them share the folder"
            );
        }
    }

    public static void JudgeKeyRing(this AbstractValidator<LocationOptions> validator)
    {
        validator
            .RuleFor(options => options.KeyRingCertificate)
            .Must((options, path) => path is not { Length: > 0 } || options.KeyRingKeyVaultKey is null)
            .WithMessage(
                "either it or Locations:KeyRingKeyVaultKey; a former one goes into Locations:KeyRingOldCertificates"
            )
            .Custom((path, context) => JudgeFile(path, context));
        validator
            .RuleForEach(options => options.KeyRingOldCertificates)
            .Custom((path, context) => JudgeFile(path, context));
        validator
            .RuleFor(options => options.KeyRingKeyVaultKey)
            .Must(url => url is null || IsKey(url))
            .WithMessage(NoKey);
        validator.RuleForEach(options => options.KeyRingOldKeyVaultKeys).Must(IsKey).WithMessage(NoKey);
    }

    private static void JudgeFile(string? path, ValidationContext<LocationOptions> context)
    {
        if (
            path is { Length: > 0 }
            && CertificateFile.FaultOf(path, context.InstanceToValidate.KeyRingCertificatePassword) is { } fault
        )
        {
            context.AddFailure(fault);
        }
    }

    private static bool IsKey(Uri url) =>
        url is { IsAbsoluteUri: true, Scheme: "https", UserInfo: "", Query: "", Fragment: "", IsDefaultPort: true }
        && KeyVaultPipeline.IsVault(url)
        && url.Segments is { Length: 3 or 4 } segments
        && segments[1].Equals("keys/", StringComparison.OrdinalIgnoreCase);
}
