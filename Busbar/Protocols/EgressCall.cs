namespace Busbar.Protocols;

/// <summary>Which of a provider's paths a call goes to.</summary>
/// <param name="Operation">What is asked.</param>
/// <param name="Stream">Whether a stream is wanted.</param>
/// <param name="Version">API version as it stood in the client's path, with its slash (<c>/v1beta</c>); null for the protocol's usual one. Gemini
/// only.</param>
/// <param name="JsonArray">The stream is to be one JSON array instead of server-sent events. Gemini only.</param>
internal readonly record struct EgressCall(Operation Operation, bool Stream = false, string? Version = null, bool JsonArray = false);
