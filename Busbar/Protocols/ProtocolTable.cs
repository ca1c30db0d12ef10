using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>The protocols that exist.</summary>
internal static class ProtocolTable
{
    private static readonly Protocol?[] Table = new Protocol?[ProtocolNames.All.Count];

    static ProtocolTable()
    {
        Table[(int)ProtocolId.Anthropic] = Anthropic.AnthropicProtocol.Instance;
    }

    /// <summary>The protocol called <paramref name="id"/>.</summary>
    public static Protocol Get(ProtocolId id) =>
        Table[(int)id] ?? throw new InvalidOperationException($"protocol {id.Name()} is not built in");

    /// <summary>The protocol called <paramref name="id"/>, or OpenAI where it is not built in: for errors on paths nobody serves.</summary>
    public static Protocol GetOrDefault(ProtocolId id) => Table[(int)id] ?? Get(ProtocolId.OpenAI);

    /// <summary>Whether <paramref name="id"/> is built in.</summary>
    public static bool Has(ProtocolId id) => Table[(int)id] is not null;
}
