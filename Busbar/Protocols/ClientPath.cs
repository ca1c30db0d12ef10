using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>A path that clients of a protocol call a model on, in the pattern language of the gateway's routes.</summary>
/// <param name="Pattern">The path, with <c>{model}</c> where the model stands.</param>
/// <param name="Operation">What it asks of the model.</param>
/// <param name="Streams">Whether the path itself asks for a stream.</param>
/// <param name="Platform">The cloud whose paths these are.</param>
internal sealed record ClientPath(string Pattern, Operation Operation = Operation.Chat, bool Streams = false, Platform Platform = Platform.None);
