using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>One thing a request can say.</summary>
/// <param name="Name">As the page calls it.</param>
/// <param name="Say">Adds it to a request that holds one user turn.</param>
/// <param name="Implied">Targets for which leaving it out says the same, so that nothing is lost.</param>
internal sealed record FidelityRow(string Name, Action<ChatRequest> Say, params ProtocolId[] Implied)
{
    /// <summary>What the request says without it: the block that has the title, the tool that is chosen.</summary>
    public Action<ChatRequest> Base { get; init; } = static _ => { };

    /// <summary>The client for the target OpenAI, where all others have OpenAI's as theirs.</summary>
    public ProtocolId ForOpenAI { get; init; } = ProtocolId.Anthropic;
}
