using FluentValidation;

namespace NotificationHub.Locations.KeyRing;

internal sealed class KeyRingOptions
{
    public const string Section = "KeyRing";

    /// <summary>The folder on SQLite without a certificate; null for <c>keys</c> beside the database.</summary>
    public string? Folder { get; set; }

    /// <summary>A PFX file with the certificate and its private key.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The password of <see cref="CertificateFile"/>.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>The identifier of the certificate; without a version, the newest protects new keys.</summary>
    public Uri? KeyVaultCertificate { get; set; }

    /// <summary>Earlier certificates in PFX files, which only decrypt.</summary>
    public IReadOnlyList<string> PreviousCertificateFiles { get; set; } = [];

    /// <summary>The password of <see cref="PreviousCertificateFiles"/>.</summary>
    public string? PreviousCertificatePassword { get; set; }

    /// <summary>Earlier certificates in Key Vault, which only decrypt.</summary>
    public IReadOnlyList<Uri> PreviousKeyVaultCertificates { get; set; } = [];

    public bool UsesKeyVault => KeyVaultCertificate is not null || PreviousKeyVaultCertificates.Count > 0;

    public bool HasCertificate => KeyVaultCertificate is not null || CertificateFile is { Length: > 0 };
}

internal sealed class KeyRingOptionsValidator : AbstractValidator<KeyRingOptions>
{
    private const string NoIdentifier =
        "must be the identifier of a certificate in a Key Vault, such as https://contoso.vault.azure.net/certificates/key-ring";

    public KeyRingOptionsValidator()
    {
        RuleFor(options => options.Folder)
            .Must(folder => folder is null || folder.Trim().Length > 0)
            .WithMessage("must name a folder");
        RuleFor(options => options.CertificateFile)
            .Must((options, path) => path is not { Length: > 0 } || options.KeyVaultCertificate is null)
            .WithMessage(
                "cannot be combined with KeyRing:KeyVaultCertificate: set one of them, and list the earlier certificate in "
                    + "KeyRing:PreviousCertificateFiles or KeyRing:PreviousKeyVaultCertificates"
            )
            .Custom((path, context) => Check(path, context.InstanceToValidate.CertificatePassword, context));
        RuleForEach(options => options.PreviousCertificateFiles)
            .Custom((path, context) => Check(path, context.InstanceToValidate.PreviousCertificatePassword, context));
        RuleFor(options => options.HasCertificate)
            .Equal(true)
            .When(options => options.PreviousCertificateFiles.Count + options.PreviousKeyVaultCertificates.Count > 0)
            .OverridePropertyName("Previous…")
            .WithMessage("has no effect without KeyRing:CertificateFile or KeyRing:KeyVaultCertificate");
        RuleFor(options => options.KeyVaultCertificate)
            .Must(id => id is null || KeyVaultCertificates.IsIdentifier(id))
            .WithMessage(NoIdentifier);
        RuleForEach(options => options.PreviousKeyVaultCertificates)
            .Must(KeyVaultCertificates.IsIdentifier)
            .WithMessage(NoIdentifier);
    }

    private static void Check(string? path, string? password, ValidationContext<KeyRingOptions> context)
    {
        if (path is not { Length: > 0 })
        {
            return;
        }

        try
        {
            CertificateFile.Load(path, password).Dispose();
        }
        catch (KeyRingException exception)
        {
            context.AddFailure(exception.Message);
        }
    }
}
