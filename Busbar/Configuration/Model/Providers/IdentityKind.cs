namespace Busbar.Configuration.Model.Providers;

/// <summary>The cloud that an identity belongs to.</summary>
internal enum IdentityKind : byte
{
    /// <summary>Amazon: key pairs that sign.</summary>
    Aws,

    /// <summary>Google: access tokens.</summary>
    Google,

    /// <summary>Microsoft Entra: access tokens.</summary>
    Azure,
}
