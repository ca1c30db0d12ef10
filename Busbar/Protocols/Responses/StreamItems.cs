using Busbar.Ir;
using Busbar.Ir.Streams;

namespace Busbar.Protocols.Responses;

/// <summary>The items and parts one stream has shown, found by their indices, however large or sparse those are.</summary>
internal sealed class StreamItems
{
    // Far beyond any real answer; a stream that goes on inventing items gets no more blocks.
    private const int MaxTracked = 4096;

    private StreamItem[] _items = new StreamItem[8];
    private StreamItem _ignored;
    private int _count;

    /// <summary>Number for the next block.</summary>
    public int NextBlock;

    /// <summary>Whether the stream has shown nothing yet.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>
    /// The entry for <paramref name="output"/> and <paramref name="part"/>, made with <paramref name="kind"/> when it is new. Valid until the next
    /// call.
    /// </summary>
    public ref StreamItem Find(long output, long part, BlockKind kind, int idHash, out bool isNew)
    {
        isNew = false;
        for (int index = _count - 1; index >= 0; index--)
        {
            ref StreamItem item = ref _items[index];
            if (item.Output == output && item.Part == part && (part < 0 || item.Kind == kind))
            {
                return ref item;
            }
        }

        if (_count == MaxTracked)
        {
            _ignored = new StreamItem { IsDone = true, Block = -1 };
            return ref _ignored;
        }

        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        isNew = true;
        ref StreamItem added = ref _items[_count++];
        added = new StreamItem { Output = output, Part = part, Kind = kind, IdHash = idHash, Block = -1, ReasoningPart = -1 };
        return ref added;
    }

    /// <summary>The item at <paramref name="output"/>; an entry without a block when there is none.</summary>
    public ref StreamItem FindOpened(long output) => ref FindKnown(output, -1);

    /// <summary>The text part at these indices; an entry without a block when there is none.</summary>
    public ref StreamItem FindPart(long output, long part) => ref FindKnown(output, part);

    /// <summary>
    /// The index of the part of <paramref name="kind"/> that is number <paramref name="nth"/> of its kind in the item; one of its own when there is
    /// none. Servers number the parts of a stream as they like, but not those of a whole item.
    /// </summary>
    public long PartOf(long output, BlockKind kind, int nth)
    {
        long last = -1;
        for (int index = 0; index < _count; index++)
        {
            ref StreamItem item = ref _items[index];
            if (item.Output != output || item.Part < 0)
            {
                continue;
            }

            if (item.Kind == kind && nth-- == 0)
            {
                return item.Part;
            }

            last = Math.Max(last, item.Part);
        }

        return last + 1;
    }

    /// <summary>
    /// The output index of the item at <paramref name="position"/> of the terminal's output: the one its id had in the stream, otherwise the position
    /// itself when that is free or of the same kind, otherwise an index of its own.
    /// </summary>
    public long OutputOf(long position, BlockKind kind, int idHash)
    {
        bool taken = false;
        for (int index = 0; index < _count; index++)
        {
            ref StreamItem item = ref _items[index];
            if (item.Part >= 0)
            {
                continue;
            }

            if (idHash != 0 && item.IdHash == idHash)
            {
                return item.Output;
            }

            taken |= item.Output == position && item.Kind != kind;
        }

        return taken ? long.MinValue + position : position;
    }

    /// <summary>Closes the blocks of the parts of one message item.</summary>
    public void CloseParts(long output, StreamEvents events)
    {
        for (int index = 0; index < _count; index++)
        {
            if (_items[index].Output == output && _items[index].Part >= 0)
            {
                Close(ref _items[index], events);
            }
        }
    }

    /// <summary>Closes every open block, in rising order.</summary>
    public void CloseAll(StreamEvents events)
    {
        for (int index = 0; index < _count; index++)
        {
            Close(ref _items[index], events);
        }
    }

    private static void Close(ref StreamItem item, StreamEvents events)
    {
        if (item.Block >= 0 && !item.IsDone)
        {
            events.AddStop(item.Block);
        }

        item.IsDone = true;
    }

    private ref StreamItem FindKnown(long output, long part)
    {
        for (int index = _count - 1; index >= 0; index--)
        {
            if (_items[index].Output == output && _items[index].Part == part)
            {
                return ref _items[index];
            }
        }

        _ignored = new StreamItem { IsDone = true, Block = -1 };
        return ref _ignored;
    }
}
