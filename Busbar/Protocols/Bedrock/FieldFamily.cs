namespace Busbar.Protocols.Bedrock;

/// <summary>Whose own fields a model takes beside those of Converse.</summary>
internal enum FieldFamily : byte
{
    /// <summary>Anthropic's, also for names that say nothing (inference profiles): it is the usual case.</summary>
    Claude,

    /// <summary>Amazon Nova's.</summary>
    Nova,

    /// <summary>Those of OpenAI's open models.</summary>
    OpenAI,

    /// <summary>Mistral's.</summary>
    Mistral,

    /// <summary>None that is known here.</summary>
    Other,
}
