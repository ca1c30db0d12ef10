using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>A path that clients of a protocol call a model on, in the pattern language of the gateway's routes.</summary>
/// <param name="pattern">The path, with <c>{model}</c> where the model stands.</param>
/// <param name="operation">What it asks of the model.</param>
/// <param name="streams">Whether the path itself asks for a stream.</param>
/// <param name="platform">The cloud whose paths these are.</param>
internal sealed class ClientPath(string pattern, Operation operation = Operation.Chat, bool streams = false, Platform platform = Platform.None)
{
    /// <summary>The path, with <c>{model}</c> where the model stands.</summary>
    public string Pattern { get; } = pattern;

    /// <summary>What it asks of the model.</summary>
    public Operation Operation { get; } = operation;

    /// <summary>Whether the path itself asks for a stream.</summary>
    public bool Streams { get; } = streams;

    /// <summary>The cloud whose paths these are.</summary>
    public Platform Platform { get; } = platform;
}
