using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Opens and closes the frames of one response stream, and counts what every event must carry.</summary>
internal sealed class EventFrames
{
    private long _sequence;

    /// <summary>Where frames go.</summary>
    public PooledBuffer Output { get; set; } = null!;

    /// <summary>Place of the open item in the output.</summary>
    public int OutputIndex { get; set; }

    /// <summary>Place of the open part in its message.</summary>
    public int PartIndex { get; set; }

    /// <summary>Id of the open item.</summary>
    public JsonText ItemId { get; set; }

    /// <summary>Nothing was written yet.</summary>
    public bool IsUnused => _sequence == 0;

    /// <summary>Opens an event.</summary>
    public JsonWriter Begin(ReadOnlySpan<byte> type)
    {
        Output.Write("event: "u8);
        Output.Write(type);
        Output.Write("\ndata: "u8);
        var json = new JsonWriter(Output);
        json.StartObject();
        json.Literal("type"u8, type);
        json.Number("sequence_number"u8, _sequence++);
        return json;
    }

    /// <summary>Opens an event that carries the item itself.</summary>
    public JsonWriter BeginItem(ReadOnlySpan<byte> type)
    {
        JsonWriter json = Begin(type);
        json.Number("output_index"u8, OutputIndex);
        return json;
    }

    /// <summary>Opens an event of the open item.</summary>
    public JsonWriter BeginOfItem(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginItem(type);
        json.Text("item_id"u8, ItemId);
        return json;
    }

    /// <summary>Opens an event of the open part.</summary>
    public JsonWriter BeginPart(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginOfItem(type);
        json.Number("content_index"u8, PartIndex);
        return json;
    }

    /// <summary>Opens an event of the only summary part of a reasoning item.</summary>
    public JsonWriter BeginSummary(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginOfItem(type);
        json.Number("summary_index"u8, 0);
        return json;
    }

    /// <summary>Closes the event opened last.</summary>
    public void End(JsonWriter json)
    {
        json.EndObject();
        Output.Write("\n\n"u8);
    }
}
