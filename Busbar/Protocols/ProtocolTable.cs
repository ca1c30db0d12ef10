using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>The protocols that exist.</summary>
internal static class ProtocolTable
{
    private static readonly Protocol?[] Table = Register(
        Anthropic.AnthropicProtocol.Instance,
        OpenAI.OpenAIProtocol.Instance,
        Responses.ResponsesProtocol.Instance,
        Cohere.CohereProtocol.Instance);

    /// <summary>The protocol called <paramref name="id"/>.</summary>
    public static Protocol Get(ProtocolId id) =>
        Table[(int)id] ?? throw new InvalidOperationException($"protocol {id.Name()} is not built in");

    /// <summary>The protocol called <paramref name="id"/>, or OpenAI where it is not built in: for errors on paths nobody serves.</summary>
    public static Protocol GetOrDefault(ProtocolId id) => Table[(int)id] ?? Get(ProtocolId.OpenAI);

    /// <summary>Whether <paramref name="id"/> is built in.</summary>
    public static bool Has(ProtocolId id) => Table[(int)id] is not null;

    private static Protocol?[] Register(params ReadOnlySpan<Protocol> protocols)
    {
        var table = new Protocol?[ProtocolNames.All.Count];
        foreach (Protocol protocol in protocols)
        {
            table[(int)protocol.Id] = protocol;
        }

        return table;
    }
}
