using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;

namespace NotificationHub.Simulator.Apple.State;

internal sealed partial class RecordsChange
{
    /// <summary>Adds a record beside the retired ones of the same client user ID.</summary>
    public int? CreateUser(string clientUserId, string? email, string? managedAppleId, string inviteCode)
    {
        if (ActiveUser(clientUserId) is not null)
        {
            return AppleErrors.ExistingUser;
        }

        if (managedAppleId is not null && CheckAccount(managedAppleId) is { } error)
        {
            return error;
        }

        var user = new SimulatedUser(
            clientUserId,
            managedAppleId is null ? email : null,
            managedAppleId is null ? null : IdHash.Create(managedAppleId),
            managedAppleId is null ? inviteCode : null,
            managedAppleId is null ? SimulatedUser.Registered : SimulatedUser.Associated,
            NewestUser(clientUserId) is { } retired ? retired.Ordinal + 1 : 0
        );
        PutUser(user);
        return null;
    }

    public int? UpdateUser(string clientUserId, string? email, string? managedAppleId)
    {
        if (ActiveUser(clientUserId) is not { } user)
        {
            return AppleErrors.UserNotFound;
        }

        if (managedAppleId is not null && IdHash.Create(managedAppleId) != user.IdHash)
        {
            if (CheckAccount(managedAppleId) is { } error)
            {
                return error;
            }
        }

        PutUser(
            managedAppleId is null
                ? user with
                {
                    Email = email ?? user.Email,
                }
                : user with
                {
                    Email = null,
                    InviteCode = null,
                    IdHash = IdHash.Create(managedAppleId),
                    Status = SimulatedUser.Associated,
                }
        );
        return null;
    }

    // Revocable assets and subscriptions are returned; licenses that are not revocable become retired ones.
    public int? RetireUser(string clientUserId)
    {
        if (ActiveUser(clientUserId) is not { } user)
        {
            return AppleErrors.UserNotFound;
        }

        var target = AssignmentTarget.User(clientUserId);
        foreach (var key in HeldBy(target))
        {
            Disassociate(key, target);
            if (_assets[key].Value is { Revocable: false } asset)
            {
                PutAsset(asset with { Retired = asset.Retired + 1 });
            }
        }

        foreach (var adamId in _subscriptions.Keys.ToList())
        {
            Unassign(adamId, clientUserId);
        }

        PutUser(user with { Status = SimulatedUser.Retired, InviteCode = null });
        return null;
    }

    /// <returns>The error of an account that cannot be associated; null if it can.</returns>
    private int? CheckAccount(string managedAppleId) =>
        !MailAddress.TryCreate(managedAppleId, out _) ? AppleErrors.AccountNotAssociable
        : _accounts.Contains(IdHash.Create(managedAppleId)) ? AppleErrors.AccountAlreadyAssociated
        : null;

    public int? AcceptInvitation(string clientUserId)
    {
        if (ActiveUser(clientUserId) is not { Status: SimulatedUser.Registered } user)
        {
            return AppleErrors.UserNotFound;
        }

        PutUser(user with { Status = SimulatedUser.Associated, IdHash = IdHash.Create(clientUserId) });
        return null;
    }

    public void PutUser(SimulatedUser user)
    {
        var key = new UserKey(user.ClientUserId, user.Ordinal);
        if (_users.GetValueOrDefault(key)?.Value is { IsActive: true, IdHash: { } before })
        {
            _accounts.Remove(before);
        }

        if (user is { IsActive: true, IdHash: { } account })
        {
            _accounts.Add(account);
        }

        _users[key] = Now(user);
    }

    public SimulatedUser? ActiveUser(string clientUserId) =>
        NewestUser(clientUserId) is { IsActive: true } user ? user : null;

    /// <summary>The newest record of a client user ID; only this one can be active.</summary>
    public SimulatedUser? NewestUser(string clientUserId)
    {
        SimulatedUser? newest = null;
        for (var ordinal = 0; _users.TryGetValue(new UserKey(clientUserId, ordinal), out var row); ordinal++)
        {
            newest = row.Value;
        }

        return newest;
    }
}

internal static class IdHash
{
    // Standard base64, so that /, + and = occur as they do at Apple.
    public static string Create(string account) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(account)));
}
