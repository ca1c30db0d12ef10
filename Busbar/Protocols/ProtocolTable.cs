using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>The protocols that exist.</summary>
internal static class ProtocolTable
{
    // In the order of ProtocolId.
    private static Protocol[] _table =
    [
        Anthropic.AnthropicProtocol.Instance,
        OpenAI.OpenAIProtocol.Instance,
        Gemini.GeminiProtocol.Instance,
        Bedrock.BedrockProtocol.Instance,
        Responses.ResponsesProtocol.Instance,
        Cohere.CohereProtocol.Instance,
    ];

    /// <summary>All of them, in the order of <see cref="ProtocolId"/>.</summary>
    public static ReadOnlySpan<Protocol> All => _table;

    /// <summary>What is spoken where nothing says otherwise.</summary>
    public static Protocol Usual => OpenAI.OpenAIProtocol.Instance;

    /// <summary>The bodies of <c>InvokeModel</c>: Claude's, in Bedrock's frame.</summary>
    public static Protocol Invoked => Anthropic.Platforms.InvokeProtocol.Instance;

    /// <summary>The protocol called <paramref name="id"/>.</summary>
    public static Protocol Get(ProtocolId id) => _table[(int)id];

    /// <summary>The protocol called <paramref name="id"/>, as <paramref name="platform"/> frames it.</summary>
    public static Protocol Get(ProtocolId id, Platform platform) => _table[(int)id].On(platform);

    /// <summary>
    /// Adds a protocol that is not built in, called <paramref name="name"/> in configurations. Its id is the next number, and nothing may have asked
    /// for any protocol before.
    /// </summary>
    public static void Add(Protocol protocol, string name)
    {
        if ((int)protocol.Id != _table.Length)
        {
            throw new ArgumentException($"the next protocol has the number {_table.Length}", nameof(protocol));
        }

        ProtocolNames.Add(name);
        _table = [.. _table, protocol];
    }
}
