namespace Busbar.Ir;

/// <summary>The six wire protocols, in the order in which every listing shows them.</summary>
internal enum ProtocolId : byte
{
    /// <summary>Anthropic Messages.</summary>
    Anthropic,

    /// <summary>OpenAI Chat Completions.</summary>
    OpenAI,

    /// <summary>Google Gemini generateContent.</summary>
    Gemini,

    /// <summary>Amazon Bedrock Converse.</summary>
    Bedrock,

    /// <summary>OpenAI Responses.</summary>
    Responses,

    /// <summary>Cohere v2 chat.</summary>
    Cohere,
}
