namespace Busbar.Upstream.SigV4;

/// <summary>What a derived signing key is good for.</summary>
/// <param name="Day">UTC day as <c>yyyyMMdd</c>.</param>
/// <param name="Region">AWS region.</param>
/// <param name="Service">AWS service name.</param>
internal readonly record struct SigV4Scope(string Day, string Region, string Service)
{
    /// <summary>The scope as it stands in a credential, after the access key id.</summary>
    public override string ToString() => $"{Day}/{Region}/{Service}/{SigV4Signature.Terminator}";
}
