using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>Writes a stream.</summary>
internal sealed class StreamWriter(StreamContext context) : IStreamWriter
{
    private BlockKind _open;
    private StopReason _reason;
    private Usage _usage;
    private Losses _losses;

    public Losses Losses => _losses;

    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart:
                JsonText model = streamEvent.Model.IsNullOrEmpty ? context.Identity.Model : streamEvent.Model;
                JsonWriter start = Begin(output);
                start.String("begin"u8, context.Identity.Id);
                start.Text("model"u8, model);
                End(start);
                _usage.Merge(streamEvent.Usage);
                break;
            case StreamEventKind.BlockStart:
                Open(streamEvent, output);
                break;
            case StreamEventKind.TextDelta when _open is BlockKind.Text or BlockKind.Refusal:
                Text("say"u8, streamEvent.Text, output);
                break;
            case StreamEventKind.InputDelta when _open == BlockKind.ToolUse:
                Text("with"u8, streamEvent.Text, output);
                break;
            case StreamEventKind.SignatureDelta:
                _losses.Add(LossField.ThinkingSignature);
                break;
            case StreamEventKind.CitationDelta:
                _losses.Add(LossField.Citations);
                break;
            case StreamEventKind.MessageDelta:
                _reason = streamEvent.StopReason == StopReason.None ? _reason : streamEvent.StopReason;
                _usage.Merge(streamEvent.Usage);
                break;
            case StreamEventKind.MessageStop:
                JsonWriter end = Begin(output);
                Words.WriteEnded(_reason, end);
                Words.WriteUsage(_usage, end);
                End(end);
                break;
        }
    }

    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        JsonWriter json = Begin(output);
        Words.Write(error, json);
        End(json);
    }

    public void WriteKeepAlive(PooledBuffer output) => output.Write(": still here\n\n"u8);

    public void Dispose()
    {
    }

    private static JsonWriter Begin(PooledBuffer output)
    {
        output.Write("data: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        return json;
    }

    private static void End(JsonWriter json)
    {
        json.EndObject();
        json.Output.Write("\n\n"u8);
    }

    private static void Text(ReadOnlySpan<byte> name, JsonText words, PooledBuffer output)
    {
        JsonWriter json = Begin(output);
        json.Text(name, words);
        End(json);
    }

    private void Open(in StreamEvent start, PooledBuffer output)
    {
        _open = start.Block;
        if (_open == BlockKind.ToolUse)
        {
            JsonWriter json = Begin(output);
            json.Text("use"u8, start.Name);
            json.Text("as"u8, start.Id);
            End(json);
            if (start.Whole is { } call)
            {
                Text("with"u8, call.InputText.IsAbsent ? JsonText.FromUtf8(call.Input.Span) : call.InputText, output);
            }
        }
        else if (_open is not (BlockKind.Text or BlockKind.Refusal))
        {
            _losses.Add(_open == BlockKind.Thinking ? LossField.Thinking : LossField.OpaqueBlock);
        }
        else if (start.Whole is { } words)
        {
            Text("say"u8, words.Text, output);
        }
    }
}
