using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>The elements of a repeated field, which the API also takes as the bare element (its own curl samples write one part that way).</summary>
internal struct OneOrMany(JsonNode node)
{
    private readonly bool _isArray = node.IsArray;
    private readonly JsonNode _single = node;
    private JsonNode.ItemEnumerable _items = node.Items;
    private bool _isTaken = node.IsNull;

    /// <summary>The element reached.</summary>
    public readonly JsonNode Current => _isArray ? _items.Current : _single;

    /// <summary>Itself, for <c>foreach</c>.</summary>
    public readonly OneOrMany GetEnumerator() => this;

    /// <summary>Steps to the next element.</summary>
    public bool MoveNext()
    {
        if (_isArray)
        {
            return _items.MoveNext();
        }

        bool hasNext = !_isTaken;
        _isTaken = true;
        return hasNext;
    }
}
