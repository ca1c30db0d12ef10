namespace Busbar.Protocols;

/// <summary>
/// Hides the usage of a stream that passes through from a client that did not ask for it, although it was asked for on its behalf. One for one
/// stream.
/// </summary>
internal interface IUsageFilter : IDisposable
{
    /// <summary>
    /// The part of a frame's data that the client must not see: an empty range for none, all of it for a frame that is there for usage alone.
    /// </summary>
    (int Start, int Length) Hidden(ReadOnlyMemory<byte> data);
}
