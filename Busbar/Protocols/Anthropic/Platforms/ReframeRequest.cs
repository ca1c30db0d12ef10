namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>What a body says in one envelope and not in another.</summary>
/// <param name="Operation">What is asked.</param>
/// <param name="Streams">Whether a stream is wanted.</param>
/// <param name="ModelJson">The provider's name of the model, as a JSON string with its quotes.</param>
/// <param name="HeaderBetas">Betas that the client's headers ask for, where they go into the body.</param>
internal readonly record struct ReframeRequest(Operation Operation, bool Streams, ReadOnlyMemory<byte> ModelJson, IReadOnlyList<string> HeaderBetas);
