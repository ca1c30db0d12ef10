namespace Busbar.Protocols;

/// <summary>What a client asks of a model. Only chat is translated between protocols.</summary>
internal enum Operation : byte
{
    /// <summary>An answer to a conversation.</summary>
    Chat,

    /// <summary>How many input tokens a conversation would cost.</summary>
    CountTokens,

    /// <summary>Embedding vectors.</summary>
    Embed,

    /// <summary>Embedding vectors of several contents in one call, where the protocol has a path of its own for that (Gemini).</summary>
    BatchEmbed,

    /// <summary>A conversation made shorter, in a form that only its vendor reads (Responses).</summary>
    Compact,

    /// <summary>What only the model itself understands: a body of <c>InvokeModel</c> that is in no protocol known here (Bedrock).</summary>
    Invoke,
}
