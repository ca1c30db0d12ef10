namespace Busbar.Ir;

/// <summary>
/// A cloud that serves a vendor's protocol in a frame of its own: other paths, and with some other names, versions or streams around the same bodies.
/// </summary>
internal enum Platform : byte
{
    /// <summary>The vendor itself, or a host that does as the vendor does.</summary>
    None,

    /// <summary>Google Vertex AI: Gemini and Claude.</summary>
    Vertex,

    /// <summary>Azure OpenAI and Azure AI Foundry.</summary>
    Azure,

    /// <summary>Claude by <c>InvokeModel</c> of Amazon Bedrock.</summary>
    BedrockInvoke,
}
