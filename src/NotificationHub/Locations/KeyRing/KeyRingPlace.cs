namespace NotificationHub.Locations.KeyRing;

/// <summary>What the key ring is kept in.</summary>
internal enum KeyRingStore
{
    Folder,
    Database,
}

/// <summary>Where the key ring lies. With one in the database, the folder is where it may have been before.</summary>
internal sealed record KeyRingPlace(KeyRingStore Store, string Folder);
