using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>What the models that are known by name accept.</summary>
internal static class ModelCapabilities
{
    /// <summary>What <paramref name="wireModel"/> accepts over <paramref name="protocol"/>, with the operator's flags (snake_case names) on top.</summary>
    public static Capabilities For(ProtocolId protocol, string wireModel, IReadOnlyDictionary<string, bool>? overrides = null) => throw new NotImplementedException();

    /// <summary>Names the operator may set.</summary>
    public static IReadOnlyCollection<string> FlagNames => throw new NotImplementedException();
}
