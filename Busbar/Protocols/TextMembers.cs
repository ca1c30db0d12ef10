using System.Text;

namespace Busbar.Protocols;

/// <summary>Names of the members that carry an answer's text, quoted.</summary>
/// <param name="whole">In whole answers.</param>
/// <param name="streamed">In the events of a stream; null where they are the same.</param>
internal sealed class TextMembers(string[] whole, string[]? streamed = null)
{
    /// <summary>In whole answers.</summary>
    public byte[][] Whole { get; } = Quoted(whole);

    /// <summary>In the events of a stream.</summary>
    public byte[][] Streamed { get; } = Quoted(streamed ?? whole);

    private static byte[][] Quoted(string[] names) => Array.ConvertAll(names, name => Encoding.UTF8.GetBytes($"\"{name}\""));
}
