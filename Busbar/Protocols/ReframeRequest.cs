namespace Busbar.Protocols;

/// <summary>What a body says in the frame of one platform and not in that of another.</summary>
/// <param name="Operation">What is asked.</param>
/// <param name="Streams">Whether a stream is wanted.</param>
/// <param name="ModelJson">The provider's name of the model, as a JSON string with its quotes.</param>
/// <param name="MaxTokens">Limit for a body that has none where it must have one; null where none is to be added.</param>
/// <param name="HeaderBetas">Betas that the client's headers ask for.</param>
internal readonly record struct ReframeRequest(Operation Operation, bool Streams, ReadOnlyMemory<byte> ModelJson, long? MaxTokens,
    IReadOnlyList<string> HeaderBetas);
