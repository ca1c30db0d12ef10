using System.Globalization;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>
/// Puts streamed arguments together (Vertex <c>partialArgs</c>): each piece names its place by a JSON path of members and positions, and a string
/// goes on where the piece before it said that it will.
/// </summary>
internal sealed class ArgumentTree : IDisposable
{
    private const int MaxNodes = 4096;
    private const int MaxDepth = 32;

    private readonly Node _root = new();
    private readonly List<Node> _nodes = [];

    /// <summary>Takes one piece. A piece that is not understood, or one too many, is left out.</summary>
    public void Add(JsonNode piece)
    {
        if (Find(Spelling.Get(piece, "jsonPath"u8, "json_path"u8).Text.ToString()) is not { } node)
        {
            return;
        }

        JsonNode text = Spelling.Get(piece, "stringValue"u8, "string_value"u8);
        if (text.IsString)
        {
            if (!node.IsText || !node.IsOpen)
            {
                node.Value.Clear();
            }

            node.IsText = true;
            node.IsOpen = Spelling.Get(piece, "willContinue"u8, "will_continue"u8).IsTrue;
            node.Value.Write(text.Text.Span);
            return;
        }

        JsonNode number = Spelling.Get(piece, "numberValue"u8, "number_value"u8);
        JsonNode flag = Spelling.Get(piece, "boolValue"u8, "bool_value"u8);
        node.IsText = false;
        node.Value.Clear();
        node.Value.Write(number.IsNumber ? number.Raw.Span : flag.Bool is not null ? flag.Raw.Span : "null"u8);
    }

    /// <summary>Writes the object as the next value.</summary>
    public void Write(JsonWriter output) => Write(_root, output);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Node node in _nodes)
        {
            node.Value.Dispose();
        }

        _nodes.Clear();
    }

    private static void Write(Node node, JsonWriter output)
    {
        if (node.Children.Count > 0 || node.Parent is null)
        {
            WriteChildren(node, output);
        }
        else if (node.IsText)
        {
            output.Literal(node.Value.Span);
        }
        else
        {
            output.Raw(node.Value.Length > 0 ? node.Value.Span : "null"u8);
        }
    }

    private static void WriteChildren(Node node, JsonWriter output)
    {
        bool isArray = node.Children.Count > 0 && node.Children[0].Name is null;
        if (isArray)
        {
            output.StartArray();
        }
        else
        {
            output.StartObject();
        }

        foreach (Node child in node.Children)
        {
            if (!isArray)
            {
                output.Name(JsonText.From(child.Name ?? child.Position.ToString(CultureInfo.InvariantCulture)).Span);
            }

            Write(child, output);
        }

        if (isArray)
        {
            output.EndArray();
        }
        else
        {
            output.EndObject();
        }
    }

    private Node? Find(ReadOnlySpan<char> path)
    {
        Node node = _root;
        path = path.StartsWith("$") ? path[1..] : path;
        for (int depth = 0; !path.IsEmpty; depth++)
        {
            if (depth == MaxDepth || !TryStep(ref path, out string? name, out int position) || Child(node, name, position) is not { } child)
            {
                return null;
            }

            node = child;
        }

        return node == _root ? null : node;
    }

    private static bool TryStep(ref ReadOnlySpan<char> path, out string? name, out int position)
    {
        name = null;
        position = -1;
        if (path[0] != '[')
        {
            path = path[0] == '.' ? path[1..] : path;
            int length = path.IndexOfAny('.', '[');
            length = length < 0 ? path.Length : length;
            name = path[..length].ToString();
            path = path[length..];
            return length > 0;
        }

        bool isQuoted = path.Length > 1 && (path[1] is '\'' or '"');
        int end = isQuoted ? path[2..].IndexOf([path[1], ']']) + 2 : path.IndexOf(']');
        if (end < 2)
        {
            return false;
        }

        name = isQuoted ? path[2..end].ToString() : null;
        bool isStep = isQuoted || int.TryParse(path[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out position);
        path = path[(end + (isQuoted ? 2 : 1))..];
        return isStep;
    }

    private Node? Child(Node parent, string? name, int position)
    {
        foreach (Node known in parent.Children)
        {
            if (known.Name == name && known.Position == position)
            {
                return known;
            }
        }

        if (_nodes.Count == MaxNodes)
        {
            return null;
        }

        var added = new Node { Parent = parent, Name = name, Position = position };
        parent.Children.Add(added);
        _nodes.Add(added);
        return added;
    }

    private sealed class Node
    {
        public Node? Parent;
        public string? Name;
        public int Position = -1;
        public bool IsText;
        public bool IsOpen;
        public readonly PooledBuffer Value = new(64);
        public readonly List<Node> Children = [];
    }
}
