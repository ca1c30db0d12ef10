namespace Busbar.Ir.Streams;

/// <summary>A reused list of the events one frame gave rise to.</summary>
internal sealed class StreamEvents
{
    // Far more than any provider's frame; each costs hundreds of bytes.
    private const int MaxEvents = 64 * 1024;
    private const int MaxKept = 512;

    private StreamEvent[] _events = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The event at <paramref name="index"/>.</summary>
    public ref StreamEvent this[int index] => ref _events[index];

    /// <summary>
    /// Appends a blank event of <paramref name="kind"/> for the caller to fill. Throws <see cref="Wire.AllowanceException"/> when there are too many.
    /// </summary>
    public ref StreamEvent Add(StreamEventKind kind)
    {
        if (Count == _events.Length)
        {
            if (Count >= MaxEvents)
            {
                throw new Wire.AllowanceException("events in one frame");
            }

            Array.Resize(ref _events, Math.Max(4, Count * 2));
        }

        ref StreamEvent added = ref _events[Count++];
        added = new StreamEvent { Kind = kind };
        return ref added;
    }

    /// <summary>Appends words of block <paramref name="index"/>.</summary>
    public void AddText(int index, Wire.Json.JsonText text)
    {
        ref StreamEvent added = ref Add(StreamEventKind.TextDelta);
        added.Index = index;
        added.Text = text;
    }

    /// <summary>Appends the opening of a block without further data.</summary>
    public ref StreamEvent AddStart(int index, BlockKind kind)
    {
        ref StreamEvent added = ref Add(StreamEventKind.BlockStart);
        added.Index = index;
        added.Block = kind;
        return ref added;
    }

    /// <summary>Appends the closing of a block.</summary>
    public void AddStop(int index) => Add(StreamEventKind.BlockStop).Index = index;

    /// <summary>Forgets all events.</summary>
    public void Clear()
    {
        Count = 0;
        if (_events.Length > MaxKept)
        {
            _events = [];
        }
    }
}
